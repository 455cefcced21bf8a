//! The OpenAPI description: complete, and the same for every caller.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::support::{Deployment, Launch};

in_every_shape!(
    the_description_lists_every_route,
    the_description_has_all_that_linters_require,
    the_description_declares_the_allowed_characters,
    the_description_lists_the_actions_of_the_audit_filter,
    the_served_description_equals_the_printed_one,
);

const ROUTES: [&str; 66] = [
    "POST /api/auth/login",
    "POST /api/auth/register",
    "GET /api/auth/me",
    "PUT /api/auth/me",
    "GET /api/auth/me/profile",
    "PUT /api/auth/me/profile",
    "GET /api/auth/me/avatar",
    "PUT /api/auth/me/avatar",
    "DELETE /api/auth/me/avatar",
    "GET /api/admin/users/{user_id}/profile",
    "PUT /api/admin/users/{user_id}/profile",
    "GET /api/admin/users/{user_id}/avatar",
    "DELETE /api/auth/me",
    "GET /api/auth/me/export",
    "POST /api/auth/logout",
    "POST /api/auth/refresh",
    "POST /api/auth/logout-all",
    "GET /api/auth/sessions",
    "DELETE /api/auth/sessions/{session_id}",
    "GET /api/admin/sessions",
    "GET /api/admin/sign-ins",
    "GET /api/admin/users/{user_id}/sessions",
    "DELETE /api/admin/users/{user_id}/sessions",
    "DELETE /api/admin/users/{user_id}/sessions/{session_id}",
    "GET /api/auth/activity",
    "POST /api/admin/users/{user_id}/unlock",
    "GET /api/admin/users/{user_id}/timeline",
    "POST /api/auth/change-password",
    "POST /api/auth/password-strength",
    "POST /api/auth/forgot-password",
    "POST /api/auth/reset-password",
    "POST /api/auth/verify-email",
    "POST /api/auth/verify-email/resend",
    "POST /api/auth/change-email",
    "POST /api/auth/change-email/confirm",
    "POST /api/auth/change-email/undo",
    "GET /.well-known/jwks.json",
    "GET /api/admin/users",
    "POST /api/admin/users",
    "GET /api/admin/users/{user_id}",
    "PUT /api/admin/users/{user_id}",
    "DELETE /api/admin/users/{user_id}",
    "POST /api/admin/users/{user_id}/activate",
    "POST /api/admin/users/{user_id}/deactivate",
    "POST /api/admin/users/{user_id}/reset-password",
    "GET /api/admin/audit-logs",
    "GET /api/admin/analytics/users",
    "GET /api/admin/analytics/overview",
    "GET /api/admin/analytics/activity",
    "POST /api/admin/invitations",
    "GET /api/admin/invitations",
    "POST /api/admin/invitations/{id}/resend",
    "DELETE /api/admin/invitations/{id}",
    "POST /api/auth/accept-invitation",
    "GET /api/admin/segments",
    "PUT /api/admin/segments/{name}",
    "DELETE /api/admin/segments/{name}",
    "GET /api/admin/outbox",
    "POST /api/admin/outbox/{id}/retry",
    "DELETE /api/admin/outbox/{id}",
    "GET /health",
    "GET /health/live",
    "GET /health/ready",
    "GET /metrics",
    "GET /openapi.json",
    "GET /docs",
];

/// Endpoints without a token.
const OPEN: [&str; 10] = [
    "/api/auth/login",
    "/api/auth/register",
    "/api/auth/password-strength",
    "/api/auth/refresh",
    "/api/auth/accept-invitation",
    "/api/auth/forgot-password",
    "/api/auth/reset-password",
    "/api/auth/verify-email",
    "/api/auth/change-email/confirm",
    "/api/auth/change-email/undo",
];

/// Pages that need not be described.
const MAY_BE_MISSING: [&str; 2] = ["GET /openapi.json", "GET /docs"];

async fn the_description_lists_every_route(deployment: Deployment) {
    let spec = deployment.api.spec();
    let listed = spec.operations();
    let wanted: BTreeSet<String> = ROUTES.iter().map(ToString::to_string).collect();
    let missing: Vec<_> = wanted.difference(&listed).filter(|r| !MAY_BE_MISSING.contains(&r.as_str())).collect();
    let surplus: Vec<_> = listed.difference(&wanted).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "missing {missing:?}, surplus {surplus:?}");

    let json = spec.json();
    assert!(json["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(json["components"]["securitySchemes"].as_object().unwrap().len(), 1);
    assert!(json["info"]["title"].is_string() && json["info"]["description"].is_string());
    for (path, item) in json["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            assert!(operation["summary"].is_string(), "{name} has no summary");
            assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{name} has no tag");
            assert!(operation["operationId"].is_string(), "{name} has no id");
            let secured = operation["security"].as_array().is_some_and(|list| !list.is_empty());
            let open = OPEN.contains(&path.as_str()) || !path.starts_with("/api/");
            assert_eq!(secured, !open, "{name}");
            let codes: Vec<_> = operation["responses"].as_object().unwrap().keys().collect();
            // Signing out with an ended session gets the same response.
            if secured && path != "/api/auth/logout" {
                assert!(codes.iter().any(|code| *code == "401"), "{name} lists {codes:?}");
            }
            assert!(
                path.starts_with("/health") || path == "/metrics" || codes.iter().any(|code| *code == "503"),
                "{name}"
            );
        }
    }
}

/// Rules of Spectral (`spectral:oas`) and Redocly (`recommended`) that an earlier description violated.
async fn the_description_has_all_that_linters_require(deployment: Deployment) {
    let spec = deployment.api.spec().json().clone();
    assert_eq!(empty_texts(&spec, "spec"), Vec::<String>::new());
    assert!(spec["info"]["contact"]["name"].is_string());
    for (path, item) in spec["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            assert!(operation["description"].is_string(), "{name} has no description");
            assert!(operation["security"].is_array(), "{name} does not declare its security");
            let codes: Vec<_> = operation["responses"].as_object().unwrap().keys().collect();
            assert!(codes.iter().any(|code| code.starts_with('4')), "{name} lists {codes:?}");
            for part in ["requestBody", "parameters"] {
                let sent = operation[part].to_string();
                assert!(!sent.contains(r#""null""#), "{name} must not accept null: {sent}");
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let schema = &parameter["schema"];
                let says = ["pattern", "format", "enum"].iter().any(|rule| !schema[rule].is_null());
                assert!(says || schema["type"] != "string", "{name} does not describe its values: {parameter}");
            }
        }
    }
}

/// The places of empty texts in the description.
fn empty_texts(value: &Value, at: &str) -> Vec<String> {
    match value {
        Value::String(text) if text.trim().is_empty() => vec![at.to_owned()],
        Value::Object(fields) => {
            fields.iter().flat_map(|(name, field)| empty_texts(field, &format!("{at}.{name}"))).collect()
        }
        Value::Array(items) => items.iter().flat_map(|item| empty_texts(item, &format!("{at}[]"))).collect(),
        _ => Vec::new(),
    }
}

const NO_CONTROLS: &str = r"^[^\x00-\x1F\x7F-\x9F]*$";
const NO_NULL: &str = r"^[^\x00]*$";
const REGISTRATION: &[&str] = &["user_id", "email", "name", "password"];
const NEW_USER: &[&str] = &["user_id", "email", "name"];
const PASSWORDS: &[&str] = &["current_password", "new_password"];
const CURSOR: &str = "^[A-Za-z0-9_-]*$";
const USER_ID: &str = "^[A-Za-z0-9][A-Za-z0-9._-]*$";

/// A client that validates by the description never sends a character that the server rejects.
async fn the_description_declares_the_allowed_characters(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let spec = admin.spec().json();
    let valid = json!({
        "user_id": "new", "email": "new@example.com", "name": "New", "password": "some long words 4711",
        "current_password": "admin123", "new_password": "some long words 4711"
    });
    let reset = "POST /api/admin/users/alice/reset-password";
    for (schema, call, fields, field, pattern) in [
        ("RegisterRequest", "POST /api/auth/register", REGISTRATION, "name", NO_CONTROLS),
        ("RegisterRequest", "POST /api/auth/register", REGISTRATION, "password", NO_CONTROLS),
        ("LoginRequest", "POST /api/auth/login", &["user_id", "password"], "password", NO_NULL),
        ("ChangePasswordRequest", "POST /api/auth/change-password", PASSWORDS, "current_password", NO_NULL),
        ("ChangePasswordRequest", "POST /api/auth/change-password", PASSWORDS, "new_password", NO_CONTROLS),
        ("UpdateUserRequest", "PUT /api/admin/users/alice", &["name"], "name", NO_CONTROLS),
        ("CreateUserRequest", "POST /api/admin/users", NEW_USER, "name", NO_CONTROLS),
        ("ResetPasswordRequest", reset, &["new_password"], "new_password", NO_CONTROLS),
    ] {
        assert_eq!(spec["components"]["schemas"][schema]["properties"][field]["pattern"], pattern, "{schema}.{field}");
        let mut body: Map<_, _> = fields.iter().map(|name| ((*name).to_owned(), valid[*name].clone())).collect();
        for refused in if pattern == NO_NULL { &["\0"][..] } else { &["\0", "\t", "\u{7f}", "\u{85}"] } {
            body[field] = format!("some long{refused}words 4711").into();
            let (method, path) = call.split_once(' ').unwrap();
            let response = admin.call(method, path).json(&body).send().await.expect(422);
            assert_eq!(response.invalid_fields(), [field], "{call} {refused:?}");
        }
    }
    for (call, name, pattern, refused) in [
        ("/api/admin/users", "search", NO_CONTROLS, "%C2%85"),
        ("/api/admin/sessions", "search", NO_CONTROLS, "a%09b"),
        ("/api/admin/audit-logs", "search", NO_CONTROLS, "%7F"),
        ("/api/admin/users", "cursor", CURSOR, "a.b"),
        ("/api/auth/activity", "cursor", CURSOR, "a%2Fb"),
        ("/api/admin/audit-logs", "admin_id", USER_ID, "-admin"),
        ("/api/admin/audit-logs", "target", USER_ID, "ali%20ce"),
    ] {
        assert_eq!(parameter(spec, "get", call, name)["pattern"], pattern, "{call} {name}");
        let response = admin.get(&format!("{call}?{name}={refused}")).send().await.expect(422);
        assert_eq!(response.invalid_fields(), [name], "{call} {refused}");
    }
    for name in ["admin_id", "target"] {
        let schema = parameter(spec, "get", "/api/admin/audit-logs", name);
        assert_eq!((&schema["minLength"], &schema["maxLength"]), (&json!(3), &json!(100)));
        admin.get(&format!("/api/admin/audit-logs?{name}=ab")).send().await.expect(422);
    }
    for (path, item) in spec["paths"].as_object().unwrap() {
        if path.starts_with("/api/admin/") && !item["post"].is_null() {
            let schema = parameter(spec, "post", path, "Idempotency-Key");
            assert_eq!((&schema["pattern"], &schema["maxLength"]), (&json!("^[!-~]+$"), &json!(255)), "{path}");
        }
    }
    let segments = "/api/admin/segments/{name}";
    assert_eq!(parameter(spec, "put", segments, "name")["pattern"], r"^[^/\\\x00-\x1F\x7F-\x9F]*$");
    let response = admin.put("/api/admin/segments/a%09b").json(json!({"query": ""})).send().await.expect(422);
    assert_eq!(response.invalid_fields(), ["name"]);
}

async fn the_description_lists_the_actions_of_the_audit_filter(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let schema = parameter(admin.spec().json(), "get", "/api/admin/audit-logs", "action");
    let actions = schema["enum"].as_array().unwrap();
    assert!(actions.contains(&json!("USER_UPDATED")), "{schema}");
    for action in actions {
        let path = format!("/api/admin/audit-logs?action={}", action.as_str().unwrap());
        admin.get(&path).send().await.expect(200);
    }
    let response = admin.get("/api/admin/audit-logs?action=USER_MOVED").send().await.expect(422);
    let listed = actions.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
    assert_eq!(response.json()["errors"][0]["message"], format!("must be one of {listed}"));
}

/// The schema of an operation's parameter.
fn parameter<'a>(spec: &'a Value, method: &str, path: &str, name: &str) -> &'a Value {
    let listed = spec["paths"][path][method]["parameters"].as_array().unwrap();
    &listed.iter().find(|parameter| parameter["name"] == name).unwrap()["schema"]
}

async fn the_served_description_equals_the_printed_one(deployment: Deployment) {
    let printed = Launch::new(deployment.folder.path(), &["openapi"]).finish().ok();
    assert_eq!(printed.stdout, Launch::new(deployment.folder.path(), &["openapi"]).finish().ok().stdout);
    let mut printed: Value = serde_json::from_str(&printed.stdout).unwrap();
    let mut served = deployment.api.spec().json().clone();
    // The server URL depends on the request.
    for spec in [&mut printed, &mut served] {
        spec.as_object_mut().unwrap().remove("servers");
    }
    assert_eq!(printed, served);
}
