use actix_web::{HttpRequest, HttpResponse, get};
use steward_contracts::bodies::{UserBody, UserList, UserPage};
use steward_domain::user::UserQuery;
use steward_domain::{Page, PageRequest, User};
use steward_web::responses::{Anywhere, NeedsAdministrator, ReadsQuery};
use steward_web::{Administrator, ApiError, Query, paging};

use super::filter;
use crate::http::Service;

/// List users
///
/// Lists the users that match every filter, by default newest first. `next_cursor` leads to the next page; every page
/// costs the same.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(UserList),
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
    let parsed = parse_list(&query);
    let lookup = async {
        match &parsed {
            Ok((query, _, page)) => service.find_first_page(query, page).await,
            Err(_) => None,
        }
    };
    let (administrator, found) = Administrator::extract_beside(&request, lookup).await?;
    let (query, canonical, page) = parsed?;
    let users = service.list_users(&administrator.actor, &query, &page, found).await?;
    Ok(HttpResponse::Ok().json(page_body(users, &page, &canonical)))
}

/// Returns the query, its canonical form for cursors, and the page.
fn parse_list(query: &Query) -> Result<(UserQuery, String, PageRequest), ApiError> {
    let (query, paging) = filter::parse(query.fields()?)?;
    let canonical = query.canonical();
    let page = paging.request(&canonical)?;
    Ok((query, canonical, page))
}

fn page_body(page: Page<User>, request: &PageRequest, canonical: &str) -> UserPage {
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

#[cfg(test)]
mod tests {
    use serde_json::json;
    use steward_testkit::a_user;

    use crate::testing::TestApp;
    use crate::testing::http::get;

    const USERS: &str = "/api/admin/users";

    #[actix_web::test]
    async fn pages_are_read_by_number_and_by_cursor() {
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
    async fn users_are_filtered_as_in_the_guide() {
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
            let response = app.call("boss", get(&format!("{USERS}?{query}&sort=user_id&order=asc"))).await;
            assert_eq!((response.status, response.user_ids()), (200, expected), "{query}");
        }
    }

    #[actix_web::test]
    async fn all_invalid_parameters_are_named() {
        let app = TestApp::new().await;
        let query = "page=0&page_size=101&role=boss&is_active=maybe&sort=id&order=up&search=%01&limit=3\
            &created_from=2026&created_to=x&last_login_from=1&last_login_to=%2B&never_signed_in=yes&locked=2";
        let response = app.call("boss", get(&format!("{USERS}?{query}"))).await;
        let mut wrong = response.wrong_fields();
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
        assert_eq!((response.status, wrong), (422, all.to_vec()));
        assert_eq!(app.call("boss", get(&format!("{USERS}?search=%ff"))).await.status, 400);
    }

    #[actix_web::test]
    async fn a_cursor_continues_its_own_query_only() {
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
            let response = app.call("boss", get(&format!("{USERS}?{query}"))).await;
            assert_eq!((response.status, response.wrong_fields()), (422, vec!["cursor"]), "{query}");
        }
        let other_size = app.call("boss", get(&format!("{USERS}?cursor={cursor}&sort=email&page_size=3"))).await;
        assert_eq!(other_size.user_ids().len(), 3);
    }

    #[actix_web::test]
    async fn a_forged_cursor_is_no_server_error() {
        use steward_domain::user::UserQuery;
        use steward_domain::{Cursor, Position, UserSort};

        let app = TestApp::new().await;
        for sort in UserSort::ALL {
            let canonical = UserQuery { sort, ..UserQuery::default() }.canonical();
            for key in ["", "nonsense", "9".repeat(300).as_str(), "-", "é\u{1}"] {
                let position = Position { key: key.to_owned(), id: i64::MIN };
                let cursor = Cursor { page: u32::MAX, position }.encode(&canonical);
                let response = app.call("boss", get(&format!("{USERS}?sort={}&cursor={cursor}", sort.as_str()))).await;
                assert!(matches!(response.status, 200 | 422), "{sort:?} {key:?}: {}", response.body);
            }
        }
    }

    #[actix_web::test]
    async fn authorization_precedes_validation() {
        let app = TestApp::new().await;
        let denied = app.call("alice", get(&format!("{USERS}?page=0"))).await;
        assert_eq!((denied.status, &denied.body["detail"]), (403, &json!("Admin privileges required")));
        let unknown = app.send(get(&format!("{USERS}?page=0"))).await;
        assert_eq!((unknown.status, &unknown.body["detail"]), (401, &json!("Could not validate credentials")));
    }
}
