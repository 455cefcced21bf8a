//! `POST /api/auth/register`

use serde_json::{Value, json};

use crate::support::Deployment;

in_every_shape!(
    a_registered_user_can_sign_in,
    ids_and_addresses_are_unique_in_any_case,
    ids_of_the_program_and_its_operators_are_reserved,
    all_invalid_fields_are_reported_at_once,
    names_in_any_script_are_stored_unchanged,
);

fn gildong() -> Value {
    json!({"user_id": "gildong", "email": "Gildong@Example.com", "name": "  홍길동 ", "password": "correct horse"})
}

async fn a_registered_user_can_sign_in(deployment: Deployment) {
    for role in ["super_admin", "admin", "user"] {
        let mut body = gildong();
        body["user_id"] = json!(format!("as-{role}"));
        body["email"] = json!(format!("{role}@example.com"));
        body["role"] = json!(role);
        let user = deployment.api.post("/api/auth/register").json(&body).send().await.expect(201);
        assert_eq!(user.text("role"), "user");
    }
    let user = deployment.api.post("/api/auth/register").json(gildong()).send().await.expect(201);
    assert_eq!((user.text("email"), user.text("name")), ("gildong@example.com", "홍길동"));
    assert_eq!(user.json()["is_active"], true);
    assert!(user.json()["last_login"].is_null());
    let signed_in = deployment.api.signed_in("gildong", "correct horse").await;
    signed_in.get("/api/admin/users").send().await.problem(403, "Admin privileges required");
    let logs = deployment.super_admin().await.get("/api/admin/audit-logs?target=gildong").send().await.expect(200);
    assert_eq!(logs.column("action"), ["USER_CREATED"]);
    assert_eq!(logs.column("admin_id"), ["gildong"]);
    assert!(!String::from_utf8_lossy(logs.bytes()).contains("correct horse"));
}

async fn ids_and_addresses_are_unique_in_any_case(deployment: Deployment) {
    deployment.api.post("/api/auth/register").json(gildong()).send().await.expect(201);
    for (user_id, email, field) in [
        ("GILDONG", "other@example.com", "user_id"),
        ("other", "GILDONG@example.COM", "email"),
        ("gilDong", "gildong@example.com", "user_id"),
    ] {
        let body = json!({"user_id": user_id, "email": email, "name": "x", "password": "correct horse"});
        let response = deployment.api.post("/api/auth/register").json(body).send().await.expect(409);
        assert!(response.text("detail").contains(field), "{response:?}");
    }
}

async fn ids_of_the_program_and_its_operators_are_reserved(deployment: Deployment) {
    for user_id in ["system", "SYSTEM", "System", "sys.tem", "root", "Super_Admin", "cli"] {
        let mut body = gildong();
        body["user_id"] = json!(user_id);
        let response = deployment.api.post("/api/auth/register").json(body).send().await.expect(422);
        assert_eq!(response.invalid_fields(), ["user_id"], "{user_id}");
    }
    // An existing id is reported as taken, even if it is reserved.
    let mut body = gildong();
    body["user_id"] = json!("Admin");
    deployment.api.post("/api/auth/register").json(body).send().await.expect(409);
}

async fn all_invalid_fields_are_reported_at_once(deployment: Deployment) {
    let all_wrong = json!({"user_id": "a b", "email": "nowhere", "name": " ", "password": "short", "admin": true});
    let response = deployment.api.post("/api/auth/register").json(all_wrong).send().await.expect(422);
    assert_eq!(response.invalid_fields(), ["admin", "email", "name", "password", "user_id"]);
    assert!(!String::from_utf8_lossy(response.bytes()).contains("\"short\""), "a response never contains the password");
    for (field, value) in [
        ("user_id", json!("ab")),
        ("user_id", json!("x".repeat(101))),
        ("user_id", json!("-abc")),
        ("user_id", json!("abc\0")),
        ("email", json!(format!("{}@example.com", "x".repeat(250)))),
        ("name", json!("a\u{7}b")),
        ("name", json!("x".repeat(101))),
        ("password", json!("1234567")),
        ("password", json!("길".repeat(25))),
        ("password", json!(["correct horse"])),
    ] {
        let mut body = gildong();
        body[field] = value.clone();
        let response = deployment.api.post("/api/auth/register").json(body).send().await.expect(422);
        assert_eq!(response.invalid_fields(), [field], "{value}");
    }
}

async fn names_in_any_script_are_stored_unchanged(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    for (number, name) in
        ["Ζωή Παπαδοπούλου", "Jürgen Groß", "山田太郎", "محمد", "👩‍👩‍👧 family", "O'Brien \"Bob\" <script>", "%_\\"]
            .iter()
            .enumerate()
    {
        let user_id = format!("person{number}");
        let email = format!("{user_id}@example.com");
        let body = json!({"user_id": user_id, "email": email, "name": name, "password": "correct horse"});
        deployment.api.post("/api/auth/register").json(body).send().await.expect(201);
        let user = admin.get(&format!("/api/admin/users/{user_id}")).send().await.expect(200);
        assert_eq!(user.text("name"), *name);
    }
}
