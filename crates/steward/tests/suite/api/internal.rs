//! `/internal/*`: for services only, and never through the gateway.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::DateTime;
use serde_json::json;
use steward_contracts::services::ServiceKey;
use steward_contracts::services::internal::AUTHENTICATE;
use steward_contracts::services::service_key::{Call, HEADER};
use steward_testkit::http::raw;

use crate::support::{Deployment, SECRET_KEY, Shape};

in_every_shape!(the_gateway_does_not_route_internal_paths, an_internal_call_must_be_signed_timely_and_unique);

async fn the_gateway_does_not_route_internal_paths(deployment: Deployment) {
    let body = "{\"tokens\": []}";
    for path in [
        "/internal/authenticate",
        "/internal/reset-password",
        "//internal/authenticate",
        "/./internal/authenticate",
        "/api/../internal/authenticate",
        "/api/auth/../../internal/authenticate",
        "/api/auth/%2e%2e/%2e%2e/internal/authenticate",
        "/api/auth/..%2f..%2finternal/authenticate",
        "/%69nternal/authenticate",
        "/INTERNAL/authenticate",
    ] {
        let signature = sign(path, body, 0, "gateway");
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{HEADER}: {signature}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        // Sent as raw bytes: an HTTP client would resolve the dots.
        let status = raw::status(deployment.api.base(), request);
        assert!(matches!(status, Some(400 | 404)), "{path}: {status:?}");
    }
}

async fn an_internal_call_must_be_signed_timely_and_unique(deployment: Deployment) {
    if deployment.shape != Shape::Split {
        // In one process, services call each other directly, so that there is no endpoint.
        return;
    }
    let token = deployment.user().await.token().to_owned();
    let body = json!({"tokens": [token, "garbage"]}).to_string();
    let auth = deployment.api.moved_to(&deployment.auth);
    let call = async |signature: Option<&str>, body: &str| {
        let call = auth.post(AUTHENTICATE).body("application/json", body);
        let call = match signature {
            Some(signature) => call.header(HEADER, signature),
            None => call,
        };
        call.send_unlisted().await
    };
    let good = sign(AUTHENTICATE, &body, 0, "nonce-1");
    let response = call(Some(&good), &body).await.expect(200);
    assert_eq!(response.json()["sessions"][0]["user"]["user_id"], "user123");
    assert!(response.json()["sessions"][1].is_null());

    call(Some(&good), &body).await.expect(401);
    call(None, &body).await.expect(401);
    call(Some("v1 nonsense"), &body).await.expect(401);
    call(Some(&sign(AUTHENTICATE, &body, -31, "nonce-2")), &body).await.expect(401);
    call(Some(&sign(AUTHENTICATE, &body, 35, "nonce-3")), &body).await.expect(401);
    call(Some(&sign(AUTHENTICATE, "{}", 0, "nonce-4")), &body).await.expect(401);
    call(Some(&sign("/internal/reset-password", &body, 0, "nonce-5")), &body).await.expect(401);
    call(Some(&sign_with("another key altogether, 32 bytes and more", AUTHENTICATE, &body, 0, "n6")), &body)
        .await
        .expect(401);
    call(Some(&sign(AUTHENTICATE, &body, 0, "nonce-7")), &body).await.expect(200);

    let admin = deployment.api.moved_to(&deployment.admin);
    admin.post(AUTHENTICATE).json(json!({})).send().await.expect(404);
    let many: Vec<String> = (0..65).map(|n| n.to_string()).collect();
    let body = json!({"tokens": many}).to_string();
    call(Some(&sign(AUTHENTICATE, &body, 0, "nonce-8")), &body).await.expect(400);
}

fn sign(path: &str, body: &str, seconds_from_now: i64, nonce: &str) -> String {
    sign_with(SECRET_KEY, path, body, seconds_from_now, nonce)
}

fn sign_with(secret: &str, path: &str, body: &str, seconds_from_now: i64, nonce: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "the processes under test use the system's clock")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed();
    let at = DateTime::from_timestamp(now + seconds_from_now, 0).unwrap();
    let call = Call { method: "POST", path, body: body.as_bytes() };
    ServiceKey::derived_from(secret.as_bytes()).sign(call, at, nonce)
}
