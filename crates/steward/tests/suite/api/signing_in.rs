//! `POST /api/auth/login`, `GET /api/auth/me`, `POST /api/auth/logout`

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::Deployment;

in_every_shape!(
    a_token_has_subject_and_expiry,
    a_wrong_password_and_an_unknown_id_get_the_same_response,
    deactivation_is_reported_only_with_the_correct_password,
    me_returns_the_user_of_the_token,
    an_invalid_token_is_rejected_with_a_challenge,
    logging_out_ends_only_this_session,
    an_invalid_login_is_reported_field_by_field,
);

async fn a_token_has_subject_and_expiry(deployment: Deployment) {
    let login = deployment.api.login("USER123", "password123").await.expect(200);
    assert_eq!(login.text("user_id"), "user123", "ids are compared without case");
    let token = login.text("access_token");
    let parts: Vec<Value> = token
        .split('.')
        .take(2)
        .map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
        .collect();
    assert_eq!(parts[0]["alg"], "HS256");
    let claims = &parts[1];
    assert_eq!(
        (&claims["sub"], &claims["user_id"], &claims["role"]),
        (&json!("user123"), &json!("user123"), &json!("user"))
    );
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3600);
    assert_eq!(claims["nbf"], claims["iat"]);
    for claim in ["sid", "jti", "iss"] {
        assert!(claims[claim].is_string(), "{claim}: {claims}");
    }
    let again = deployment.api.login("user123", "password123").await.expect(200);
    assert_ne!(again.text("access_token"), token);
    assert_eq!(login.header("cache-control"), "no-store");
}

async fn a_wrong_password_and_an_unknown_id_get_the_same_response(deployment: Deployment) {
    let mut bodies = Vec::new();
    for (user_id, password) in [("admin", "admin124"), ("unknown", "admin123"), ("inactive_user", "wrong-one")] {
        let response = deployment.api.login(user_id, password).await.problem(401, "Invalid user ID or password");
        let mut body = response.json().clone();
        body.as_object_mut().unwrap().remove("request_id");
        bodies.push(body);
    }
    assert!(bodies.windows(2).all(|two| two[0] == two[1]), "{bodies:#?}");
}

async fn deactivation_is_reported_only_with_the_correct_password(deployment: Deployment) {
    for user_id in ["inactive_user", "eve"] {
        let response = deployment.api.login(user_id, "test123").await.expect(403);
        assert!(response.text("detail").contains("deactivated"), "{response:?}");
    }
}

async fn me_returns_the_user_of_the_token(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    assert!(admin.get("/api/admin/users/alice").send().await.expect(200).json()["last_login"].is_null());
    let alice = deployment.api.signed_in("alice", "test123").await;
    let me = alice.get("/api/auth/me").send().await.expect(200);
    assert_eq!((me.text("user_id"), me.text("name"), me.text("role")), ("alice", "Alice Cooper", "user"));
    assert!(me.text("last_login") > me.text("created_at"));
    assert_eq!(me.text("created_at"), me.text("updated_at"), "a sign-in is not a change");
    let mut as_told = admin.get("/api/admin/users/alice").send().await.expect(200).json().clone();
    as_told.as_object_mut().unwrap().retain(|field, _| {
        !["failures", "locked_until", "purge_at", "restorable_until", "can_receive_link"].contains(&&**field)
    });
    assert_eq!(as_told, *me.json());
}

async fn an_invalid_token_is_rejected_with_a_challenge(deployment: Deployment) {
    let good = deployment.user().await.token().to_owned();
    let [header, claims, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let unsigned = URL_SAFE_NO_PAD.encode(json!({"alg": "none", "typ": "JWT"}).to_string());
    let another = URL_SAFE_NO_PAD.encode(json!({"alg": "HS512", "typ": "JWT"}).to_string());
    let promoted = {
        let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        claims["role"] = json!("super_admin");
        URL_SAFE_NO_PAD.encode(claims.to_string())
    };
    for authorization in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Basic dXNlcjEyMzpwYXNzd29yZDEyMw==".to_owned(),
        "Bearer garbage".to_owned(),
        format!("Bearer {}", "x".repeat(5_000)),
        format!("Bearer {unsigned}.{claims}."),
        format!("Bearer {another}.{claims}.{signature}"),
        format!("Bearer {header}.{promoted}.{signature}"),
        format!("Bearer {header}.{claims}.{}", signature.chars().rev().collect::<String>()),
        format!("Bearer {good}x"),
    ] {
        for path in ["/api/auth/me", "/api/admin/users"] {
            let call = deployment.api.get(path);
            let call = if authorization.is_empty() { call } else { call.header("authorization", &authorization) };
            let response = call.send().await.problem(401, "Could not validate credentials");
            assert_eq!(response.header("www-authenticate"), "Bearer");
        }
    }
    let in_any_case = deployment.api.get("/api/auth/me").header("authorization", &format!("bearer {good}"));
    in_any_case.send().await.expect(200);
}

async fn logging_out_ends_only_this_session(deployment: Deployment) {
    let (one, other) = (deployment.user().await, deployment.user().await);
    one.post("/api/auth/logout").send().await.expect(200);
    one.get("/api/auth/me").send().await.problem(401, "Could not validate credentials");
    other.get("/api/auth/me").send().await.expect(200);
}

async fn an_invalid_login_is_reported_field_by_field(deployment: Deployment) {
    for (body, fields) in [
        (json!({}), vec!["password", "user_id"]),
        (json!({"user_id": 7, "password": null}), vec!["password", "user_id"]),
        (json!({"user_id": "admin", "password": ""}), vec!["password"]),
        (json!({"user_id": "admin", "password": "x".repeat(73)}), vec!["password"]),
        (json!({"user_id": "admin", "password": "admin123\0"}), vec!["password"]),
        (json!({"user_id": "admin", "password": "admin123", "otp": "1"}), vec!["otp"]),
    ] {
        let response = deployment.api.post("/api/auth/login").json(&body).send().await.expect(422);
        assert_eq!(response.invalid_fields(), fields, "{body}");
        assert!(!response.text("detail").is_empty());
    }
}
