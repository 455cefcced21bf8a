use actix_web::{HttpResponse, get};
use steward_contracts::bodies::{AuditLogEntry, AuditLogPage, parse_instant};
use steward_domain::{Action, AuditFilter, AuditRecord, Page, PageRequest, SearchTerm, UserId};
use steward_web::responses::{Anywhere, NeedsAdministrator, ReadsQuery};
use steward_web::{Administrator, ApiError, Fields, Query, paging, text};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::http::Service;

/// List audit entries
///
/// Lists audit entries with actor, action, target, time and origin, newest first. `next_cursor` leads to the next page;
/// every page costs the same.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(
        ("page" = Option<u32>, Query, description = "The page number, from 1", minimum = 1, example = 1),
        ("page_size" = Option<u32>, Query, description = "Entries per page", minimum = 1, maximum = 100, example = 10),
        (
            "admin_id" = Option<String>, Query, min_length = 3, max_length = 100,
            description = "Only actions by this user id, in any case"
        ),
        ("action" = inline(Option<ActionName>), Query, description = "Only this action"),
        (
            "target" = Option<String>, Query, min_length = 3, max_length = 100,
            description = "Only actions on this user id, in any case"
        ),
        (
            "from" = Option<chrono::DateTime<chrono::Utc>>, Query,
            description = "Only entries at or after this instant (RFC 3339)"
        ),
        (
            "to" = Option<chrono::DateTime<chrono::Utc>>, Query,
            description = "Only entries before this instant (RFC 3339)"
        ),
        (
            "search" = Option<String>, Query, max_length = 100,
            description = "Words that all occur in the texts of the entry, ignoring case and accents"
        ),
        (
            "cursor" = Option<String>, Query,
            description = "`next_cursor` of the previous page, with the same filters; `page` is then ignored"
        ),
    ),
    responses(
        Anywhere,
        (status = 200, description = "A page of audit entries", body = AuditLogPage),
        ReadsQuery,
        NeedsAdministrator,
    )
)]
#[get("/api/admin/audit-logs")]
pub(in crate::http) async fn list_audit_logs(
    administrator: Administrator,
    service: Service,
    query: Query,
) -> Result<HttpResponse, ApiError> {
    let (filter, paging) = parse(query.fields()?)?;
    let canonical = filter.canonical();
    let request = paging.request(&canonical)?;
    let page = service.list_audit_log(&administrator.actor, &filter, &request).await?;
    Ok(HttpResponse::Ok().json(page_body(page, &request, &canonical)))
}

fn parse(mut fields: Fields) -> Result<(AuditFilter, paging::Paging), ApiError> {
    let mut filter = AuditFilter::default();
    fields.optional("admin_id", text(|id| UserId::parse(id).map(|id| filter.actor_id = Some(id))));
    fields.optional("action", text(|name| Action::parse(name).map(|action| filter.action = Some(action))));
    fields.optional("target", text(|id| UserId::parse(id).map(|id| filter.target = Some(id))));
    fields.optional("from", text(|at| parse_instant(at).map(|at| filter.from = Some(at))));
    fields.optional("to", text(|at| parse_instant(at).map(|at| filter.to = Some(at))));
    fields.optional("search", text(|words| SearchTerm::parse(words).map(|term| filter.search = term)));
    let paging = paging::take(&mut fields);
    Ok((filter, fields.finish(paging)?))
}

fn page_body(page: Page<AuditRecord>, request: &PageRequest, canonical: &str) -> AuditLogPage {
    AuditLogPage {
        total: page.total.count,
        total_is_exact: page.total.exact,
        page: request.number,
        page_size: request.size.get(),
        total_pages: paging::total_pages(&page, request),
        next_cursor: paging::next_cursor(&page, request, canonical),
        items: page.items.into_iter().map(AuditLogEntry::from).collect(),
    }
}

/// The name of an action, for the OpenAPI document.
struct ActionName;

impl PartialSchema for ActionName {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(Action::ALL.map(Action::as_str))).into()
    }
}

impl ToSchema for ActionName {}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use steward_testkit::at;

    use crate::testing::TestApp;
    use crate::testing::http::{TestResponse, get, post};

    const LOGS: &str = "/api/admin/audit-logs";

    async fn set_up() -> TestApp {
        let app = TestApp::new().await;
        for (second, path) in [(100, "alice/deactivate"), (200, "eve/activate"), (300, "alice/activate")] {
            app.clock.set(at(second));
            assert_eq!(app.call("boss", post(&format!("/api/admin/users/{path}"))).await.status, 200);
        }
        app
    }

    fn actions(response: &TestResponse) -> Vec<(&str, &str)> {
        let items = response.body["items"].as_array().unwrap();
        items.iter().map(|item| (item["action"].as_str().unwrap(), item["target"].as_str().unwrap())).collect()
    }

    #[actix_web::test]
    async fn entries_are_listed_newest_first() {
        let app = set_up().await;
        let response = app.call("boss", get(&format!("{LOGS}?page_size=2"))).await;
        assert_eq!(actions(&response), [("USER_ACTIVATED", "alice"), ("USER_ACTIVATED", "eve")]);
        assert_eq!((&response.body["total"], &response.body["total_pages"]), (&json!(9), &json!(5)));
        let expected = json!({
            "id": response.body["items"][0]["id"], "timestamp": "2026-01-02T03:09:05.678901Z", "actor_kind": "user",
            "admin_id": "boss", "admin_name": "boss", "action": "USER_ACTIVATED", "target": "alice",
            "details": "is_active: false → true", "ip_address": "192.0.2.7", "user_agent": null,
        });
        assert_eq!(response.body["items"][0], expected);
        let cursor = response.body["next_cursor"].as_str().unwrap();
        let next = app.call("boss", get(&format!("{LOGS}?page_size=1&cursor={cursor}"))).await;
        assert_eq!(actions(&next), [("USER_DEACTIVATED", "alice")]);
    }

    #[actix_web::test]
    async fn entries_are_filtered_by_actor_action_target_and_time() {
        let app = set_up().await;
        let instant = |seconds| at(seconds).to_rfc3339().replace("+00:00", "Z");
        for (query, expected) in [
            ("action=USER_DEACTIVATED".to_owned(), vec![("USER_DEACTIVATED", "alice")]),
            ("admin_id=BOSS&target=eve".to_owned(), vec![("USER_ACTIVATED", "eve")]),
            (format!("from={}", instant(300)), vec![("USER_ACTIVATED", "alice")]),
            (format!("from={}&to={}", instant(100), instant(200)), vec![("USER_DEACTIVATED", "alice")]),
            ("search=false%20%E2%86%92%20TRUE&target=eve".to_owned(), vec![("USER_ACTIVATED", "eve")]),
            ("admin_id=unknown".to_owned(), vec![]),
        ] {
            let response = app.call("root", get(&format!("{LOGS}?{query}"))).await;
            assert_eq!((response.status, actions(&response)), (200, expected), "{query}");
        }
    }

    #[actix_web::test]
    async fn all_invalid_parameters_are_named() {
        let app = set_up().await;
        let query = "admin_id=!&action=NOTHING&target=!&from=yesterday&to=2026-13-01&page=x&user=1";
        let response = app.call("boss", get(&format!("{LOGS}?{query}"))).await;
        let mut wrong = response.wrong_fields();
        wrong.sort_unstable();
        assert_eq!((response.status, wrong), (422, vec!["action", "admin_id", "from", "page", "target", "to", "user"]));
        let cursor = app.call("boss", get(&format!("{LOGS}?page_size=1"))).await.body["next_cursor"].take();
        let other = app.call("boss", get(&format!("{LOGS}?target=alice&cursor={}", cursor.as_str().unwrap()))).await;
        assert_eq!((other.status, other.wrong_fields()), (422, vec!["cursor"]));
    }

    #[actix_web::test]
    async fn only_administrators_have_access() {
        assert_eq!(set_up().await.call("alice", get(LOGS)).await.status, 403);
    }
}
