//! The sign-in attempts of all users, for administrators.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use steward_contracts::bodies::{AttemptOutcome, SignInLogEntry, SignInLogPage, parse_instant};
use steward_domain::{AddressRange, DeviceFilter, Page, PageRequest, SignInFilter, SignInRecord, TimeSpan, UserId};
use steward_web::responses::{Anywhere, NeedsAdministrator, ReadsQuery};
use steward_web::{Administrator, ApiError, Fields, Query, paging, text};

use crate::AuthService;

/// List sign-in attempts
///
/// Lists the successful and failed sign-ins of all users, newest first. Attempts are kept for 90 days by default. An
/// attempt with an unknown user id has no `user_id`: the entered text may be a password, so it is not stored.
/// `next_cursor` leads to the next page; every page costs the same.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(
        ("page" = Option<u32>, Query, description = "The page number, from 1", minimum = 1, example = 1),
        ("page_size" = Option<u32>, Query, description = "Attempts per page", minimum = 1, maximum = 100, example = 10),
        ("outcome" = inline(Option<AttemptOutcome>), Query, description = "Only attempts with this outcome"),
        (
            "user_id" = Option<String>, Query, min_length = 3, max_length = 100,
            description = "Only attempts as this user, in any case"
        ),
        (
            "address" = Option<String>, Query, min_length = 2, max_length = 49, example = "192.0.2.0/24",
            description = "Only attempts from this address, or from this network in CIDR notation; IPv4 or IPv6"
        ),
        (
            "device" = Option<String>, Query, min_length = 1, max_length = 100, example = "Firefox on Windows",
            description = "A part of the name of a browser or system, or else the beginning of the name of another \
                program, such as `curl`; ignores case"
        ),
        (
            "from" = Option<chrono::DateTime<chrono::Utc>>, Query,
            description = "Only attempts at or after this instant (RFC 3339)"
        ),
        (
            "to" = Option<chrono::DateTime<chrono::Utc>>, Query,
            description = "Only attempts before this instant (RFC 3339)"
        ),
        (
            "cursor" = Option<String>, Query,
            description = "`next_cursor` of the previous page, with the same filters; `page` is then ignored"
        ),
    ),
    responses(
        Anywhere,
        (status = 200, description = "A page of sign-in attempts", body = SignInLogPage),
        ReadsQuery,
        NeedsAdministrator,
    )
)]
#[get("/api/admin/sign-ins")]
pub(super) async fn list_sign_ins(
    administrator: Administrator,
    service: Data<AuthService>,
    query: Query,
) -> Result<HttpResponse, ApiError> {
    let (filter, paging) = parse(query.fields()?)?;
    let canonical = filter.canonical();
    let request = paging.request(&canonical)?;
    let page = service.list_sign_ins(&administrator.actor, &filter, &request).await?;
    Ok(HttpResponse::Ok().json(page_body(page, &request, &canonical)))
}

fn parse(mut fields: Fields) -> Result<(SignInFilter, paging::Paging), ApiError> {
    let mut filter = SignInFilter::default();
    let (mut from, mut to) = (None, None);
    fields.optional(
        "outcome",
        text(|name| steward_domain::AttemptOutcome::parse(name).map(|outcome| filter.outcome = Some(outcome))),
    );
    fields.optional("user_id", text(|id| UserId::parse(id).map(|id| filter.user = Some(id))));
    fields.optional("address", text(|range| AddressRange::parse(range).map(|range| filter.address = Some(range))));
    fields.optional("device", text(|name| DeviceFilter::parse(name).map(|name| filter.device = Some(name))));
    fields.optional("from", text(|at| parse_instant(at).map(|at| from = Some(at))));
    fields.optional("to", text(|at| parse_instant(at).map(|at| to = Some(at))));
    let span = fields.parsed("to", TimeSpan::parse(from, to));
    let paging = paging::take(&mut fields);
    let (span, paging) = fields.finish((span, paging))?;
    Ok((SignInFilter { at: span, ..filter }, paging))
}

fn page_body(page: Page<SignInRecord>, request: &PageRequest, canonical: &str) -> SignInLogPage {
    SignInLogPage {
        total: page.total.count,
        total_is_exact: page.total.exact,
        page: request.number,
        page_size: request.size.get(),
        total_pages: paging::total_pages(&page, request),
        next_cursor: paging::next_cursor(&page, request, canonical),
        items: page.items.into_iter().map(SignInLogEntry::from).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use steward_testkit::{a_user, at};

    use crate::testing::http::{TestResponse, get, post, with_token};
    use crate::testing::{PASSWORD, TestApp};

    const SIGN_INS: &str = "/api/admin/sign-ins";
    const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

    async fn attempt(app: &TestApp, second: i64, id: &str, password: &str, agent: &str) -> TestResponse {
        app.clock.set(at(second));
        let body = json!({"user_id": id, "password": password});
        app.call(post("/api/auth/login").insert_header(("user-agent", agent)).set_json(body)).await
    }

    /// Returns the tokens of alice and boss. The attempts before: an unknown id, a wrong password, and two sign-ins.
    async fn set_up() -> (TestApp, String, String) {
        let app = TestApp::new().await;
        app.create(a_user("Alice")).await;
        app.create(a_user("boss").admin()).await;
        assert_eq!(attempt(&app, 10, "my-passw0rd", PASSWORD, "curl/8.5.0").await.status, 401);
        assert_eq!(attempt(&app, 20, "alice", "wrong", FIREFOX).await.status, 401);
        let token = |response: TestResponse| response.body["access_token"].as_str().unwrap().to_owned();
        let alice = token(attempt(&app, 30, "alice", PASSWORD, FIREFOX).await);
        let boss = token(attempt(&app, 40, "boss", PASSWORD, "curl/8.5.0").await);
        (app, alice, boss)
    }

    /// The user and the reason of each attempt.
    fn attempts(response: &TestResponse) -> Vec<(Option<&str>, Option<&str>)> {
        let items = response.body["items"].as_array().unwrap_or_else(|| panic!("{:?}", response.body));
        items.iter().map(|item| (item["user_id"].as_str(), item["reason"].as_str())).collect()
    }

    const UNKNOWN: (Option<&str>, Option<&str>) = (None, Some("unknown_user"));
    const WRONG: (Option<&str>, Option<&str>) = (Some("Alice"), Some("wrong_password"));
    const ALICE: (Option<&str>, Option<&str>) = (Some("Alice"), None);
    const BOSS: (Option<&str>, Option<&str>) = (Some("boss"), None);

    #[actix_web::test]
    async fn attempts_of_all_users_are_listed_newest_first() {
        let (app, _, boss) = set_up().await;
        let response = app.call(with_token(get(&format!("{SIGN_INS}?page_size=3")), &boss)).await;
        assert_eq!((response.status, attempts(&response)), (200, vec![BOSS, ALICE, WRONG]));
        assert_eq!((&response.body["total"], &response.body["total_is_exact"]), (&json!(4), &json!(true)));
        let expected = json!({
            "id": response.body["items"][2]["id"], "at": "2026-01-02T03:04:25.678901Z", "user_id": "Alice",
            "outcome": "failure", "reason": "wrong_password", "ip_address": "192.0.2.7",
            "device": "Firefox on Linux", "user_agent": FIREFOX,
        });
        assert_eq!(response.body["items"][2], expected);
        assert_eq!(
            (&response.body["items"][0]["outcome"], &response.body["items"][0]["reason"]),
            (&json!("success"), &Value::Null)
        );
        // A cursor stays valid if attempts are added meanwhile.
        attempt(&app, 50, "alice", "wrong", FIREFOX).await;
        let cursor = response.body["next_cursor"].as_str().unwrap();
        let next = app.call(with_token(get(&format!("{SIGN_INS}?page_size=3&cursor={cursor}")), &boss)).await;
        assert_eq!((attempts(&next), &next.body["next_cursor"]), (vec![UNKNOWN], &Value::Null));
    }

    #[actix_web::test]
    async fn an_unknown_id_is_in_no_response() {
        let (app, _, boss) = set_up().await;
        let response = app.call(with_token(get(SIGN_INS), &boss)).await;
        assert!(!response.body.to_string().contains("passw0rd"), "{:?}", response.body);
        let by_id = app.call(with_token(get(&format!("{SIGN_INS}?user_id=my-passw0rd")), &boss)).await;
        assert_eq!((by_id.status, attempts(&by_id)), (200, vec![]));
    }

    #[actix_web::test]
    async fn attempts_are_filtered() {
        let (app, _, boss) = set_up().await;
        let instant = |seconds| at(seconds).to_rfc3339().replace("+00:00", "Z");
        for (query, expected) in [
            ("outcome=failure".to_owned(), vec![WRONG, UNKNOWN]),
            ("outcome=success".to_owned(), vec![BOSS, ALICE]),
            ("user_id=ALICE".to_owned(), vec![ALICE, WRONG]),
            ("user_id=ali".to_owned(), vec![]),
            ("user_id=alice&outcome=success".to_owned(), vec![ALICE]),
            ("address=192.0.2.7".to_owned(), vec![BOSS, ALICE, WRONG, UNKNOWN]),
            ("address=192.0.2.0%2F29&outcome=success".to_owned(), vec![BOSS, ALICE]),
            ("address=192.0.2.8%2F29".to_owned(), vec![]),
            ("address=2001:db8::%2F32".to_owned(), vec![]),
            ("device=FIREFOX".to_owned(), vec![ALICE, WRONG]),
            ("device=cur".to_owned(), vec![BOSS, UNKNOWN]),
            ("device=windows".to_owned(), vec![]),
            (format!("from={}", instant(30)), vec![BOSS, ALICE]),
            (format!("from={}&to={}", instant(20), instant(30)), vec![WRONG]),
        ] {
            let response = app.call(with_token(get(&format!("{SIGN_INS}?{query}")), &boss)).await;
            assert_eq!((response.status, attempts(&response)), (200, expected), "{query}");
        }
    }

    #[actix_web::test]
    async fn all_invalid_parameters_are_named() {
        let (app, _, boss) = set_up().await;
        let query = "outcome=maybe&user_id=!&address=192.0.2.0%2F33&device=a%0Ab&from=yesterday&to=2026-13-01&page_size=101&ip=1";
        let response = app.call(with_token(get(&format!("{SIGN_INS}?{query}")), &boss)).await;
        let mut wrong: Vec<_> =
            response.body["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
        wrong.sort_unstable();
        let all = ["address", "device", "from", "ip", "outcome", "page_size", "to", "user_id"];
        assert_eq!((response.status, wrong), (422, all.to_vec()));
        let reversed = format!("{SIGN_INS}?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z");
        let response = app.call(with_token(get(&reversed), &boss)).await;
        assert_eq!((response.status, &response.body["errors"][0]["field"]), (422, &json!("to")));
        let page = app.call(with_token(get(&format!("{SIGN_INS}?page_size=1")), &boss)).await;
        let cursor = page.body["next_cursor"].as_str().unwrap();
        let other = app.call(with_token(get(&format!("{SIGN_INS}?outcome=failure&cursor={cursor}")), &boss)).await;
        assert_eq!((other.status, &other.body["errors"][0]["field"]), (422, &json!("cursor")));
    }

    #[actix_web::test]
    async fn only_administrators_have_access() {
        let (app, alice, _) = set_up().await;
        assert_eq!(app.call(with_token(get(SIGN_INS), &alice)).await.status, 403);
        assert_eq!(app.call(get(SIGN_INS)).await.status, 401);
    }
}
