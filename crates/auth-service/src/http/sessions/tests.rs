use serde_json::{Value, json};
use steward_testkit::{a_user, at};

use crate::testing::http::{delete, get, post, with_token};
use crate::testing::{PASSWORD, TestApp};

const OWN: &str = "/api/auth/sessions";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

async fn set_up() -> TestApp {
    let app = TestApp::new().await;
    for user in [a_user("root").super_admin(), a_user("boss").admin(), a_user("chief").admin(), a_user("alice")] {
        app.create(user).await;
    }
    app
}

async fn log_in(app: &TestApp, id: &str, agent: &str) -> String {
    let body = json!({"user_id": id, "password": PASSWORD});
    let response = app.call(post("/api/auth/login").insert_header(("user-agent", agent)).set_json(body)).await;
    response.body["access_token"].as_str().unwrap().to_owned()
}

async fn is_signed_in(app: &TestApp, token: &str) -> bool {
    app.call(with_token(get("/api/auth/me"), token)).await.status == 200
}

async fn ids(app: &TestApp, token: &str, path: &str) -> Vec<String> {
    let body = app.call(with_token(get(path), token)).await.body;
    let items = body["items"].as_array().unwrap_or_else(|| panic!("{body}"));
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn own_sessions_list_their_devices_and_mark_the_acting_one() {
    let app = set_up().await;
    let first = log_in(&app, "alice", FIREFOX).await;
    app.clock.set(at(30));
    let second = log_in(&app, "alice", "curl/8.5.0").await;
    log_in(&app, "boss", "curl/8.5.0").await;
    let response = app.call(with_token(get(OWN), &first)).await;
    let items = response.body["items"].as_array().unwrap();
    let expected = json!({
        "id": items[1]["id"], "created_at": "2026-01-02T03:04:05.678901Z",
        "last_seen_at": "2026-01-02T03:04:05.678901Z", "expires_at": "2026-01-09T03:04:05.678901Z",
        "ip_address": "192.0.2.7", "user_agent": FIREFOX, "device": "Firefox on Linux", "current": true,
    });
    assert_eq!((&response.body["total"], items.len(), &items[1]), (&json!(2), 2, &expected));
    assert_eq!((&items[0]["device"], &items[0]["current"]), (&json!("curl"), &json!(false)));
    let other = app.call(with_token(get(OWN), &second)).await;
    assert_eq!(other.body["items"][0]["current"], true);
    assert_eq!(app.call(get(OWN)).await.status, 401);
}

#[actix_web::test]
async fn callers_end_their_own_sessions_only() {
    let app = set_up().await;
    let first = log_in(&app, "alice", "a").await;
    app.clock.set(at(30));
    let second = log_in(&app, "alice", "b").await;
    let boss = log_in(&app, "boss", "c").await;
    let foreign = ids(&app, &boss, OWN).await.remove(0);
    let old = ids(&app, &first, OWN).await.remove(1);
    for unknown in [foreign.as_str(), "00000000000000000000000000000000", "x", "%F0%9F%98%80"] {
        let response = app.call(with_token(delete(&format!("{OWN}/{unknown}")), &second)).await;
        assert_eq!((response.status, &response.body["detail"]), (404, &json!("Session not found")), "{unknown}");
    }
    assert!(is_signed_in(&app, &boss).await);
    let response = app.call(with_token(delete(&format!("{OWN}/{old}")), &second)).await;
    assert_eq!((response.status, response.body), (204, Value::Null));
    assert!(!is_signed_in(&app, &first).await && is_signed_in(&app, &second).await);
    assert_eq!(app.call(with_token(delete(&format!("{OWN}/{old}")), &second)).await.status, 404);
    let own = ids(&app, &second, OWN).await.remove(0);
    assert_eq!(app.call(with_token(delete(&format!("{OWN}/{own}")), &second)).await.status, 204);
    assert!(!is_signed_in(&app, &second).await);
}

#[actix_web::test]
async fn logging_out_everywhere_ends_and_counts_all_sessions() {
    let app = set_up().await;
    let tokens = [log_in(&app, "alice", "a").await, log_in(&app, "alice", "b").await];
    let boss = log_in(&app, "boss", "c").await;
    let response = app.call(with_token(post("/api/auth/logout-all"), &tokens[0])).await;
    assert_eq!((response.status, response.body), (200, json!({"message": "Logged out everywhere", "ended": 2})));
    assert!(
        !is_signed_in(&app, &tokens[0]).await
            && !is_signed_in(&app, &tokens[1]).await
            && is_signed_in(&app, &boss).await
    );
    let again = app.call(with_token(post("/api/auth/logout-all"), &tokens[0])).await;
    assert_eq!(again.status, 401, "the token is no longer valid");
}

#[actix_web::test]
async fn logging_out_everywhere_else_keeps_the_acting_session() {
    let app = set_up().await;
    let tokens = [log_in(&app, "alice", "a").await, log_in(&app, "alice", "b").await];
    for wrong in [json!({"keep_current": "yes"}), json!({"keep": true})] {
        let response = app.call(with_token(post("/api/auth/logout-all").set_json(&wrong), &tokens[0])).await;
        assert_eq!(response.status, 422, "{wrong}");
    }
    let request = post("/api/auth/logout-all").set_json(json!({"keep_current": true}));
    let response = app.call(with_token(request, &tokens[0])).await;
    assert_eq!((response.status, response.body), (200, json!({"message": "Logged out everywhere else", "ended": 1})));
    assert!(is_signed_in(&app, &tokens[0]).await && !is_signed_in(&app, &tokens[1]).await);
}

#[actix_web::test]
async fn administrators_list_sessions() {
    let app = set_up().await;
    let alice = log_in(&app, "alice", FIREFOX).await;
    app.clock.set(at(1));
    let boss = log_in(&app, "boss", "curl/8").await;
    let page = app.call(with_token(get("/api/admin/sessions?page_size=1"), &boss)).await.body;
    assert_eq!((&page["total"], &page["total_is_exact"], &page["total_pages"]), (&json!(2), &json!(true), &json!(2)));
    assert_eq!((&page["items"][0]["user_id"], &page["items"][0]["device"]), (&json!("boss"), &json!("curl")));
    let cursor = page["next_cursor"].as_str().unwrap();
    let next = app.call(with_token(get(&format!("/api/admin/sessions?cursor={cursor}")), &boss)).await.body;
    assert_eq!((&next["items"][0]["user_id"], &next["next_cursor"]), (&json!("alice"), &Value::Null));
    let of_alice = ids(&app, &alice, OWN).await;
    for path in ["/api/admin/users/ALICE/sessions", "/api/admin/sessions?search=lice"] {
        assert_eq!(ids(&app, &boss, path).await, of_alice, "{path}");
    }
    assert_eq!(ids(&app, &boss, "/api/admin/sessions?search=192.0.2.7").await.len(), 2);
    for (query, count) in [
        ("user_id=ALICE", 1),
        ("user_id=unknown", 0),
        ("address=192.0.2.0/24", 2),
        ("address=192.0.3.0/24", 0),
        ("device=firefox", 1),
        ("device=curl&address=192.0.2.7", 1),
        ("device=firefox&user_id=boss", 0),
    ] {
        let path = format!("/api/admin/sessions?{}", query.replace('/', "%2F"));
        assert_eq!(ids(&app, &boss, &path).await.len(), count, "{query}");
    }
    assert_eq!(page["items"][0]["user_role"], "admin");
    assert!(ids(&app, &boss, "/api/admin/users/chief/sessions").await.is_empty());
    for path in ["/api/admin/users/unknown/sessions", "/api/admin/users/!/sessions"] {
        assert_eq!(app.call(with_token(get(path), &boss)).await.status, 404, "{path}");
    }
    for query in [
        "page=0",
        "page_size=101",
        "user=alice",
        "user_id=!",
        "address=x",
        "device=a%0Ab",
        "cursor=x",
        &format!("search=a&cursor={cursor}"),
    ] {
        let response = app.call(with_token(get(&format!("/api/admin/sessions?{query}")), &boss)).await;
        assert_eq!(response.status, 422, "{query}");
    }
}

#[actix_web::test]
async fn administrators_end_sessions_with_an_audit_entry() {
    let app = set_up().await;
    let first = log_in(&app, "alice", "a").await;
    app.clock.set(at(30));
    let second = log_in(&app, "alice", "b").await;
    let boss = log_in(&app, "boss", "c").await;
    let one = ids(&app, &first, OWN).await.remove(1);
    let path = "/api/admin/users/Alice/sessions";
    let response = app.call(with_token(delete(&format!("{path}/{one}")), &boss)).await;
    assert_eq!((response.status, response.body), (204, Value::Null));
    assert!(!is_signed_in(&app, &first).await && is_signed_in(&app, &second).await);
    assert_eq!(app.call(with_token(delete(&format!("{path}/{one}")), &boss)).await.status, 404);
    let response = app.call(with_token(delete(path), &boss)).await;
    assert_eq!((response.status, &response.body["ended"]), (200, &json!(1)));
    assert!(!is_signed_in(&app, &second).await && is_signed_in(&app, &boss).await);
    let response = app.call(with_token(delete(path), &boss)).await;
    assert_eq!((response.status, &response.body["ended"]), (200, &json!(0)));

    let audit_entries = app.audit_trail().await;
    let entries: Vec<_> = audit_entries.iter().filter(|entry| entry.action == "SESSIONS_REVOKED").collect();
    assert_eq!(entries.len(), 2);
    assert!(entries.iter().all(|entry| (entry.actor_id.as_str(), entry.target.as_deref()) == ("boss", Some("alice"))));
    assert_eq!(entries[0].details.as_deref(), Some("every session ended"));
    assert_eq!(entries[1].details.as_deref(), Some(&*format!("session {one} ended")));
    assert_eq!(entries[0].origin.ip_address.as_deref(), Some("192.0.2.7"));
}

#[actix_web::test]
async fn denied_requests_end_no_session() {
    let app = set_up().await;
    let (alice, boss, chief) =
        (log_in(&app, "alice", "a").await, log_in(&app, "boss", "b").await, log_in(&app, "chief", "c").await);
    let chiefs = ids(&app, &chief, OWN).await.remove(0);
    let of_chief = format!("/api/admin/users/chief/sessions/{chiefs}");
    for path in ["/api/admin/sessions", "/api/admin/users/alice/sessions", "/api/admin/users/unknown/sessions"] {
        assert_eq!(app.call(with_token(get(path), &alice)).await.status, 403, "{path}");
        assert_eq!(app.call(get(path)).await.status, 401, "{path}");
    }
    for (token, path, status) in [
        (&alice, "/api/admin/users/alice/sessions", 403),
        (&alice, "/api/admin/users/unknown/sessions", 403),
        (&boss, "/api/admin/users/chief/sessions", 403),
        (&boss, of_chief.as_str(), 403),
        (&boss, "/api/admin/users/boss/sessions", 403),
        (&boss, "/api/admin/users/unknown/sessions", 404),
        (&boss, "/api/admin/users/alice/sessions/x", 404),
    ] {
        assert_eq!(app.call(with_token(delete(path), token)).await.status, status, "{path}");
    }
    assert!(is_signed_in(&app, &alice).await && is_signed_in(&app, &boss).await && is_signed_in(&app, &chief).await);
    let root = log_in(&app, "root", "d").await;
    assert_eq!(app.call(with_token(delete("/api/admin/users/root/sessions"), &root)).await.status, 200);
    assert!(!is_signed_in(&app, &root).await, "a super_admin may end their own sessions");
    assert_eq!(app.call(with_token(delete("/api/admin/sessions"), &chief)).await.status, 405);
}
