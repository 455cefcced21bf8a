//! `GET /api/admin/audit-logs`

use serde_json::json;
use steward_testkit::http::Api;

use crate::support::{Database, Deployment, Shape};

in_every_shape!(
    an_entry_has_actor_action_target_and_origin,
    an_entry_distinguishes_users_from_the_program,
    filters_are_combined,
    pages_by_number_and_by_cursor_return_every_entry_once,
    invalid_parameters_are_reported_field_by_field,
    the_database_rejects_changes_of_the_audit_trail,
);

async fn rename(api: &Api, user_id: &str, name: &str) {
    api.put(&format!("/api/admin/users/{user_id}")).json(json!({"name": name})).send().await.expect(200);
}

async fn an_entry_has_actor_action_target_and_origin(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let change = json!({"name": "Bobby", "email": "bobby@example.com", "is_active": false, "role": "admin"});
    let agent = "Mozilla/5.0 (test)";
    admin.put("/api/admin/users/bob").header("user-agent", agent).json(change).send().await.expect(200);
    let logs = admin.get("/api/admin/audit-logs?page_size=1").send().await.expect(200);
    let entry = &logs.json()["items"][0];
    for (field, value) in [
        ("actor_kind", "user"),
        ("admin_id", "admin"),
        ("admin_name", "System Administrator"),
        ("action", "USER_UPDATED"),
        ("target", "bob"),
        ("ip_address", "127.0.0.1"),
        ("user_agent", agent),
    ] {
        assert_eq!(entry[field], value, "{field}");
    }
    let details = entry["details"].as_str().unwrap();
    for part in [
        "name: Bob Wilson → Bobby",
        "email: bob@example.com → bobby@example.com",
        "role: user → admin",
        "is_active: true → false",
    ] {
        assert!(details.contains(part), "{details}");
    }
    // A forwarded address of an untrusted client is ignored.
    for header in ["x-forwarded-for", "forwarded", "x-real-ip", "x-steward-client-address"] {
        let claim = admin.put("/api/admin/users/bob").json(json!({"name": header})).header(header, "203.0.113.7");
        claim.send().await.expect(200);
    }
    let logs = admin.get("/api/admin/audit-logs?target=bob&admin_id=admin").send().await.expect(200);
    assert_eq!(logs.column("ip_address"), ["127.0.0.1"; 5]);
}

async fn an_entry_distinguishes_users_from_the_program(deployment: Deployment) {
    // A user may have the name of the program, but not its id.
    let body = json!({"user_id": "gildong", "email": "g@example.com", "name": "System", "password": "correct horse"});
    deployment.api.post("/api/auth/register").json(body).send().await.expect(201);
    let admin = deployment.super_admin().await;
    let logs = admin.get("/api/admin/audit-logs?page_size=100").send().await.expect(200);
    let entries = logs.json()["items"].as_array().unwrap().clone();
    assert_eq!((&entries[0]["admin_name"], &entries[0]["actor_kind"]), (&json!("System"), &json!("user")));
    // A process loads the sample users at its start; on PostgreSQL, a command has loaded them.
    let expected = if deployment.shape == Shape::Sqlite { "system" } else { "cli" };
    for entry in &entries[1..] {
        assert_eq!((&entry["admin_id"], &entry["actor_kind"]), (&json!("system"), &json!(expected)));
    }
    let timeline = admin.get("/api/admin/users/alice/timeline").send().await.expect(200);
    assert_eq!(timeline.column("actor_kind"), [expected]);
}

async fn filters_are_combined(deployment: Deployment) {
    let (admin, manager) = (deployment.super_admin().await, deployment.manager().await);
    rename(&admin, "alice", "Alice One").await;
    rename(&manager, "alice", "Alice Two").await;
    manager.post("/api/admin/users/bob/deactivate").send().await.expect(200);
    let entries = admin.get("/api/admin/audit-logs?page_size=3").send().await.expect(200);
    let times = entries.column("timestamp");
    for (query, expected) in [
        ("admin_id=manager".to_owned(), 2),
        ("admin_id=MANAGER&target=alice".to_owned(), 1),
        ("action=USER_UPDATED".to_owned(), 2),
        ("action=USER_CREATED".to_owned(), 10),
        ("target=bob&action=USER_DEACTIVATED".to_owned(), 1),
        ("search=alice+two".to_owned(), 1),
        (format!("from={}", times[1]), 2),
        (format!("from={}&to={}", times[2], times[0]), 2),
        (format!("from={}&action=PASSWORD_RESET", times[2]), 0),
        ("search=no+such+text".to_owned(), 0),
    ] {
        let query = query.replace('+', "%20");
        let page = admin.get(&format!("/api/admin/audit-logs?{query}&page_size=100")).send().await.expect(200);
        assert_eq!(page.column("id").len(), expected, "{query}");
        assert_eq!(page.json()["total"], expected, "{query}");
    }
}

async fn pages_by_number_and_by_cursor_return_every_entry_once(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    for number in 0..7 {
        rename(&admin, "alice", &format!("Alice {number}")).await;
    }
    let all = admin.get("/api/admin/audit-logs?page_size=100").send().await.expect(200);
    assert_eq!((all.column("id").len(), &all.json()["total"]), (17, &json!(17)));
    let mut by_number = Vec::new();
    for page in 1..=4 {
        let page = admin.get(&format!("/api/admin/audit-logs?page_size=5&page={page}")).send().await.expect(200);
        by_number.extend(page.column("id"));
    }
    assert_eq!(by_number, all.column("id"));
    let (mut by_cursor, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("/api/admin/audit-logs?page_size=5&cursor={cursor}")).send().await.expect(200);
        by_cursor.extend(page.column("id"));
        // Entries that are added in between do not shift the pages.
        rename(&admin, "alice", &format!("Alice after {}", by_cursor.len())).await;
        match page.json()["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(by_cursor, all.column("id"));
}

async fn invalid_parameters_are_reported_field_by_field(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    for (query, fields) in [
        ("action=USER_EATEN&from=yesterday&to=2026-13-01&page=x", "action,from,page,to"),
        ("admin_id=a%20b", "admin_id"),
        ("sort=action", "sort"),
    ] {
        let response = admin.get(&format!("/api/admin/audit-logs?{query}")).send().await.expect(422);
        assert_eq!(response.invalid_fields().join(","), fields, "{query}");
    }
}

async fn the_database_rejects_changes_of_the_audit_trail(deployment: Deployment) {
    if matches!(deployment.database, Database::Sqlite(_)) {
        // The test cannot write to an SQLite file; the storage tests cover SQLite.
        return;
    }
    for statement in [
        "UPDATE audit_logs SET action = 'NOTHING'",
        "DELETE FROM audit_logs",
        "TRUNCATE audit_logs",
        "DELETE FROM users WHERE user_id = 'alice'; DELETE FROM audit_logs WHERE target = 'alice'",
    ] {
        let refused = deployment.database.run(statement).unwrap_err();
        assert!(refused.contains("audit_logs"), "{refused}");
    }
    let rows = "SELECT count(*) FROM audit_logs";
    assert_eq!(deployment.database.run(rows).unwrap(), "10");
}
