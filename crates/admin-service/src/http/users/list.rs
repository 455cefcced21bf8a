use actix_web::{FromRequest, HttpRequest, HttpResponse, get};
use futures_util::TryFutureExt;
use steward_contracts::bodies::{UserBody, UserPage, UserRole};
use steward_domain::user::{RoleFilter, UserQuery};
use steward_domain::{Order, Page, PageRequest, SearchTerm, User, UserSort};
use steward_web::responses::{Anywhere, NeedsAdministrator, ReadsQuery};
use steward_web::{Administrator, ApiError, Fields, Query, flag, paging, text};
use utoipa::ToSchema;

use super::filter::UserListParams;
use crate::http::Service;
use crate::http::instant::instant;

/// List users
///
/// Users that match every filter, newest first unless asked otherwise. `next_cursor` leads to the next page, however
/// deep, at the cost of the first.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(
        ("page" = Option<u32>, Query, description = "Number of the page, from 1", minimum = 1, example = 1),
        ("page_size" = Option<u32>, Query, description = "Users on a page", minimum = 1, maximum = 100, example = 10),
        (
            "search" = Option<String>, Query, max_length = 100, example = "john",
            description = "Words, each part of user_id, email or name, in any case, with or without accents"
        ),
        (
            "role" = inline(Option<UserRole>), Query,
            description = "`user` and `super_admin` are exact; `admin` lists every administrator, admins and super_admins"
        ),
        ("is_active" = Option<bool>, Query, description = "Only active, or only inactive users"),
        (
            "created_from" = Option<chrono::DateTime<chrono::Utc>>, Query,
            description = "Only accounts made from this instant on (RFC 3339)"
        ),
        ("created_to" = Option<chrono::DateTime<chrono::Utc>>, Query, description = "Only accounts made before this instant (RFC 3339)"),
        (
            "last_login_from" = Option<chrono::DateTime<chrono::Utc>>, Query,
            description = "Only who signed in last from this instant on (RFC 3339)"
        ),
        (
            "last_login_to" = Option<chrono::DateTime<chrono::Utc>>, Query,
            description = "Only who signed in last before this instant (RFC 3339); who never did is not among them"
        ),
        (
            "never_signed_in" = Option<bool>, Query,
            description = "Only who never signed in, which goes with no `last_login_…`, or only who did"
        ),
        (
            "locked" = Option<bool>, Query,
            description = "Only users whom somebody is locked out of right now (`locked_until`), or only the others"
        ),
        ("sort" = inline(Option<SortKey>), Query, description = "What to sort by (`created_at`)"),
        ("order" = inline(Option<SortOrder>), Query, description = "In which direction (`desc`)"),
        (
            "cursor" = Option<String>, Query,
            description = "`next_cursor` of the page before, with the same filters and order; `page` is ignored then"
        ),
    ),
    responses(
        Anywhere,
        (status = 200, description = "A page of users", body = UserPage), ReadsQuery, NeedsAdministrator
    )
)]
#[get("/api/admin/users")]
pub(in crate::http) async fn list_users(
    service: Service,
    query: Query,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let administrator = Administrator::extract(&request);
    let (query, canonical, page) = match asked(&query) {
        Ok(asked) => asked,
        // Whoever may not ask is not told what is wrong with the question.
        Err(error) => return Err(administrator.await.err().unwrap_or(error)),
    };
    let actor = administrator.map_ok(|administrator| administrator.actor);
    let users = service.list_users(actor, &query, &page).await?;
    Ok(HttpResponse::Ok().json(body(users, &page, &canonical)))
}

/// What is asked for, which lists it may continue, and which page of it.
fn asked(query: &Query) -> Result<(UserQuery, String, PageRequest), ApiError> {
    let (query, paging) = parse(query.fields()?)?;
    let canonical = query.canonical();
    let page = paging.request(&canonical)?;
    Ok((query, canonical, page))
}

pub(in crate::http) fn parse(mut fields: Fields) -> Result<(UserQuery, paging::Paging), ApiError> {
    let search = fields.optional("search", text(SearchTerm::parse));
    let role = fields.optional("role", text(RoleFilter::parse));
    let is_active = fields.optional("is_active", text(flag));
    let mut ends = |from, to| (fields.optional(from, text(instant)), fields.optional(to, text(instant)));
    let created = ends("created_from", "created_to");
    let last_login = ends("last_login_from", "last_login_to");
    let never_signed_in = fields.optional("never_signed_in", text(flag));
    let locked = fields.optional("locked", text(flag));
    let sort = fields.optional("sort", text(UserSort::parse));
    let order = fields.optional("order", text(Order::parse));
    let paging = paging::take(&mut fields);
    let sent = (search, role, is_active, created, last_login, never_signed_in, locked);
    let (sent, sort, order, paging) = fields.finish((sent, sort, order, paging))?;
    let (search, role, is_active, created, last_login, never_signed_in, locked) = sent;
    let sent =
        UserListParams { search: search.flatten(), role, is_active, created, last_login, never_signed_in, locked };
    let filter = sent.filter()?;
    Ok((UserQuery { filter, sort: sort.unwrap_or_default(), order: order.unwrap_or_default() }, paging))
}

fn body(page: Page<User>, request: &PageRequest, canonical: &str) -> UserPage {
    UserPage {
        total: page.total.count,
        total_is_exact: page.total.exact,
        page: request.number,
        page_size: request.size.get(),
        total_pages: paging::total_pages(&page, request),
        next_cursor: paging::next_cursor(&page, request, canonical),
        items: page.items.into_iter().map(UserBody::from).collect(),
    }
}

/// What users are sorted by.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "names the values in the OpenAPI document")]
enum SortKey {
    CreatedAt,
    UserId,
    Email,
    Name,
    LastLogin,
}

/// In which direction.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "names the values in the OpenAPI document")]
enum SortOrder {
    Asc,
    Desc,
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use steward_testkit::a_user;

    use crate::testing::TestApp;
    use crate::testing::http::get;

    const USERS: &str = "/api/admin/users";

    #[actix_web::test]
    async fn pages_by_number_and_by_cursor() {
        let app = TestApp::new().await;
        let query = format!("{USERS}?sort=user_id&order=asc&page_size=4");
        let first = app.call("boss", get(&query)).await;
        assert_eq!((first.status, first.user_ids()), (200, vec!["alice", "boss", "chief", "eve"]));
        assert_eq!(first.body["total"], 6);
        assert_eq!(first.body["total_is_exact"], true);
        assert_eq!((&first.body["page"], &first.body["page_size"]), (&json!(1), &json!(4)));
        assert_eq!(first.body["total_pages"], 2);
        let cursor = first.body["next_cursor"].as_str().unwrap();
        for next in [format!("{query}&page=2"), format!("{query}&cursor={cursor}")] {
            let second = app.call("boss", get(&next)).await;
            assert_eq!((second.status, second.user_ids()), (200, vec!["queen", "root"]));
            assert_eq!((&second.body["page"], &second.body["next_cursor"]), (&json!(2), &json!(null)));
        }
    }

    #[actix_web::test]
    async fn filters_as_the_guide_shows() {
        let app = TestApp::new().await;
        app.create(a_user("user123").name("John Doe")).await;
        for (query, expected) in [
            ("role=admin", vec!["boss", "chief", "queen", "root"]),
            ("role=super_admin", vec!["queen", "root"]),
            ("role=user&is_active=false", vec!["eve"]),
            ("search=JOHN&role=user", vec!["user123"]),
            ("search=john&role=admin", vec![]),
            ("search=&role=", vec!["alice", "boss", "chief", "eve", "queen", "root", "user123"]),
        ] {
            let answer = app.call("boss", get(&format!("{USERS}?{query}&sort=user_id&order=asc"))).await;
            assert_eq!((answer.status, answer.user_ids()), (200, expected), "{query}");
        }
    }

    #[actix_web::test]
    async fn every_wrong_parameter_is_named_at_once() {
        let app = TestApp::new().await;
        let query = "page=0&page_size=101&role=boss&is_active=maybe&sort=id&order=up&search=%01&limit=3\
            &created_from=2026&created_to=x&last_login_from=1&last_login_to=%2B&never_signed_in=yes&locked=2";
        let answer = app.call("boss", get(&format!("{USERS}?{query}"))).await;
        let mut wrong = answer.wrong_fields();
        wrong.sort_unstable();
        let all = [
            "created_from",
            "created_to",
            "is_active",
            "last_login_from",
            "last_login_to",
            "limit",
            "locked",
            "never_signed_in",
            "order",
            "page",
            "page_size",
            "role",
            "search",
            "sort",
        ];
        assert_eq!((answer.status, wrong), (422, all.to_vec()));
        assert_eq!(app.call("boss", get(&format!("{USERS}?search=%ff"))).await.status, 400);
    }

    #[actix_web::test]
    async fn a_cursor_continues_its_own_query_alone() {
        let app = TestApp::new().await;
        let first = app.call("boss", get(&format!("{USERS}?page_size=2&sort=email"))).await;
        let cursor = first.body["next_cursor"].as_str().unwrap();
        for query in [
            format!("cursor={cursor}"),
            format!("cursor={cursor}&sort=email&order=asc"),
            format!("cursor={cursor}&sort=email&role=user"),
            format!("cursor={cursor}&sort=email&locked=false"),
            format!("cursor={cursor}&sort=email&never_signed_in=false"),
            format!("cursor={cursor}&sort=email&created_from=2026-01-01T00:00:00Z"),
            "cursor=bm9uc2Vuc2U".to_owned(),
            format!("cursor={}", "A".repeat(2000)),
        ] {
            let answer = app.call("boss", get(&format!("{USERS}?{query}"))).await;
            assert_eq!((answer.status, answer.wrong_fields()), (422, vec!["cursor"]), "{query}");
        }
        let other_size = app.call("boss", get(&format!("{USERS}?cursor={cursor}&sort=email&page_size=3"))).await;
        assert_eq!(other_size.user_ids().len(), 3);
    }

    #[actix_web::test]
    async fn a_forged_cursor_is_no_defect_of_ours() {
        use steward_domain::user::UserQuery;
        use steward_domain::{Cursor, Position, UserSort};

        let app = TestApp::new().await;
        for sort in UserSort::ALL {
            let canonical = UserQuery { sort, ..UserQuery::default() }.canonical();
            for key in ["", "nonsense", "9".repeat(300).as_str(), "-", "é\u{1}"] {
                let position = Position { key: key.to_owned(), id: i64::MIN };
                let cursor = Cursor { page: u32::MAX, position }.encode(&canonical);
                let answer = app.call("boss", get(&format!("{USERS}?sort={}&cursor={cursor}", sort.as_str()))).await;
                assert!(matches!(answer.status, 200 | 422), "{sort:?} {key:?}: {}", answer.body);
            }
        }
    }

    #[actix_web::test]
    async fn is_for_administrators_whatever_else_is_wrong() {
        let app = TestApp::new().await;
        let denied = app.call("alice", get(&format!("{USERS}?page=0"))).await;
        assert_eq!((denied.status, &denied.body["detail"]), (403, &json!("Admin privileges required")));
        let unknown = app.call_plain(get(&format!("{USERS}?page=0"))).await;
        assert_eq!((unknown.status, &unknown.body["detail"]), (401, &json!("Could not validate credentials")));
    }
}
