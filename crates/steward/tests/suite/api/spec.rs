//! The OpenAPI description: complete, and the same whoever asks for it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Deployment, Launch};

in_every_shape!(
    it_lists_every_route_of_the_contract,
    it_says_all_that_linters_and_generators_ask_for,
    it_is_what_the_command_prints,
);

const ROUTES: [&str; 38] = [
    "POST /api/auth/login",
    "POST /api/auth/register",
    "GET /api/auth/me",
    "POST /api/auth/logout",
    "POST /api/auth/refresh",
    "POST /api/auth/logout-all",
    "GET /api/auth/sessions",
    "DELETE /api/auth/sessions/{session_id}",
    "GET /api/admin/sessions",
    "GET /api/admin/users/{user_id}/sessions",
    "DELETE /api/admin/users/{user_id}/sessions",
    "DELETE /api/admin/users/{user_id}/sessions/{session_id}",
    "GET /api/auth/activity",
    "POST /api/admin/users/{user_id}/unlock",
    "GET /api/admin/users/{user_id}/timeline",
    "POST /api/auth/change-password",
    "POST /api/auth/password-strength",
    "GET /.well-known/jwks.json",
    "GET /api/admin/users",
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
    "GET /api/admin/segments",
    "PUT /api/admin/segments/{name}",
    "DELETE /api/admin/segments/{name}",
    "GET /health",
    "GET /health/live",
    "GET /health/ready",
    "GET /metrics",
    "GET /openapi.json",
    "GET /docs",
];

/// What needs no token.
const OPEN: [&str; 4] = ["/api/auth/login", "/api/auth/register", "/api/auth/password-strength", "/api/auth/refresh"];

/// Documentation pages need not describe themselves.
const MAY_BE_MISSING: [&str; 2] = ["GET /openapi.json", "GET /docs"];

async fn it_lists_every_route_of_the_contract(deployment: Deployment) {
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
            // Whoever is signed out already is told the same.
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

/// The rules of Spectral (`spectral:oas`) and Redocly (`recommended`) that it once broke.
async fn it_says_all_that_linters_and_generators_ask_for(deployment: Deployment) {
    let spec = deployment.api.spec().json().clone();
    assert_eq!(empty_texts(&spec, "spec"), Vec::<String>::new());
    assert!(spec["info"]["contact"]["name"].is_string());
    for (path, item) in spec["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            assert!(operation["description"].is_string(), "{name} has no description");
            assert!(operation["security"].is_array(), "{name} does not say whether it needs a token");
            let codes: Vec<_> = operation["responses"].as_object().unwrap().keys().collect();
            assert!(codes.iter().any(|code| code.starts_with('4')), "{name} lists {codes:?}");
            for part in ["requestBody", "parameters"] {
                let sent = operation[part].to_string();
                assert!(!sent.contains(r#""null""#), "{name} accepts no null: {sent}");
            }
        }
    }
}

/// Where the spec says nothing, in a text or an address.
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

async fn it_is_what_the_command_prints(deployment: Deployment) {
    let printed = Launch::new(deployment.folder.path(), &["openapi"]).finish().ok();
    assert_eq!(printed.stdout, Launch::new(deployment.folder.path(), &["openapi"]).finish().ok().stdout);
    let mut printed: Value = serde_json::from_str(&printed.stdout).unwrap();
    let mut served = deployment.api.spec().json().clone();
    // Where the API is depends on who asks.
    for spec in [&mut printed, &mut served] {
        spec.as_object_mut().unwrap().remove("servers");
    }
    assert_eq!(printed, served);
}
