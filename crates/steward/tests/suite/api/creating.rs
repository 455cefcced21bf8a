//! Creating users, and `Idempotency-Key`.

use futures_util::future::join_all;
use serde_json::{Value, json};
use steward_testkit::http::{Api, Response};

use crate::support::Deployment;

in_every_shape!(
    a_temporary_password_signs_in_and_must_be_changed,
    a_set_password_must_be_changed,
    a_user_who_cannot_be_created_is_rejected,
    a_repeated_request_gets_the_first_answer,
    a_key_belongs_to_one_request_of_one_caller,
    concurrent_requests_with_one_key_create_one_user,
    every_administrative_post_honours_the_key,
);

const USERS: &str = "/api/admin/users";

fn kim() -> Value {
    json!({"user_id": "kim", "email": "kim@example.com", "name": "김민서"})
}

fn with(more: &Value) -> Value {
    let mut body = kim();
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn create(api: &Api, more: &Value) -> Response {
    api.post(USERS).json(with(more)).send().await
}

/// Sends a request with a key.
async fn keyed(api: &Api, path: &str, key: &str, body: Option<Value>) -> Response {
    let call = api.post(path).header("Idempotency-Key", key);
    match body {
        Some(body) => call.json(body).send().await,
        None => call.send().await,
    }
}

fn is_repeated(response: &Response) -> bool {
    response.header("idempotency-replayed") == "true"
}

/// The number of users with this id.
async fn count(api: &Api, user_id: &str) -> u64 {
    api.get(&format!("{USERS}?search={user_id}")).send().await.expect(200).json()["total"].as_u64().unwrap()
}

async fn a_temporary_password_signs_in_and_must_be_changed(deployment: Deployment) {
    let (api, manager) = (&deployment.api, deployment.manager().await);
    let created = create(&manager, &json!({})).await.expect(201);
    assert_eq!(created.header("location"), "/api/admin/users/kim");
    assert_eq!(created.header("cache-control"), "no-store");
    assert_eq!((created.text("role"), &created.json()["must_change_password"]), ("user", &json!(true)));
    let password = created.text("temporary_password").to_owned();
    let restricted = api.signed_in("kim", &password).await;
    restricted.get(USERS).send().await.problem(403, "Password change required");
    let change = json!({"current_password": password, "new_password": "battery staple"});
    restricted.post("/api/auth/change-password").json(change).send().await.expect(200);
    api.login("kim", "battery staple").await.expect(200);
    let log = manager.get("/api/admin/audit-logs?action=USER_CREATED&target=kim").send().await.expect(200);
    let entry = &log.json()["items"][0];
    assert_eq!((&entry["admin_id"], &entry["target"]), (&json!("manager"), &json!("kim")));
    let details = "email: kim@example.com; name: 김민서; role: user; with a temporary password";
    assert_eq!(entry["details"], details);
    manager.get("/api/admin/users/kim").send().await.expect(200);
}

async fn a_set_password_must_be_changed(deployment: Deployment) {
    let (api, admin) = (&deployment.api, deployment.super_admin().await);
    let created = create(&admin, &json!({"password": "battery staple", "role": "super_admin"})).await.expect(201);
    assert_eq!((created.text("role"), created.json().get("temporary_password")), ("super_admin", None));
    let session = api.signed_in("kim", "battery staple").await;
    session.get(USERS).send().await.problem(403, "Password change required");
    let inactive = json!({"user_id": "lee", "email": "lee@example.com", "is_active": false});
    let created = create(&admin, &inactive).await.expect(201);
    assert_eq!(created.json()["is_active"], json!(false));
    assert_eq!(api.login("lee", created.text("temporary_password")).await.status(), 403);
}

async fn a_user_who_cannot_be_created_is_rejected(deployment: Deployment) {
    let (manager, user) = (deployment.manager().await, deployment.user().await);
    create(&user, &json!({})).await.problem(403, "Admin privileges required");
    create(&deployment.api, &json!({})).await.expect(401);
    create(&manager, &json!({"role": "admin"})).await.expect(403);
    create(&manager, &json!({"user_id": "ALICE"})).await.problem(409, "user_id is already taken");
    let address = manager.get("/api/admin/users/alice").send().await.expect(200).text("email").to_uppercase();
    create(&manager, &json!({"email": address})).await.problem(409, "email is already taken");
    create(&manager, &json!({"password": "battery staple", "invite": true})).await.expect(400);
    for (more, field) in [
        (json!({"user_id": "root"}), "user_id"),
        (json!({"password": "password123"}), "password"),
        (json!({"invite": true, "is_active": false}), "is_active"),
        (json!({"id": 7}), "id"),
    ] {
        assert_eq!(create(&manager, &more).await.expect(422).invalid_fields(), [field]);
    }
    assert_eq!(count(&manager, "kim").await, 0);
}

async fn a_repeated_request_gets_the_first_answer(deployment: Deployment) {
    let manager = deployment.manager().await;
    let first = keyed(&manager, USERS, "first", Some(kim())).await.expect(201);
    assert!(!is_repeated(&first));
    for _ in 0..2 {
        let again = keyed(&manager, USERS, "first", Some(kim())).await.expect(201);
        assert!(is_repeated(&again));
        assert_eq!((again.json(), again.header("location")), (first.json(), first.header("location")));
    }
    keyed(&manager, USERS, "second", Some(kim())).await.problem(409, "user_id is already taken");
    assert!(is_repeated(&keyed(&manager, USERS, "second", Some(kim())).await.expect(409)));
    let log = manager.get("/api/admin/audit-logs?action=USER_CREATED&target=kim").send().await.expect(200);
    assert_eq!(log.json()["items"].as_array().unwrap().len(), 1);
}

async fn a_key_belongs_to_one_request_of_one_caller(deployment: Deployment) {
    let (manager, admin) = (deployment.manager().await, deployment.super_admin().await);
    keyed(&manager, USERS, "key", Some(kim())).await.expect(201);
    let other = with(&json!({"name": "Other"}));
    let reused = keyed(&manager, USERS, "key", Some(other)).await.expect(422);
    assert!(reused.text("type").ends_with("idempotency-key-reused"), "{reused:?}");
    keyed(&admin, USERS, "key", Some(kim())).await.expect(409);
    for key in ["a b", &"k".repeat(256)] {
        let invalid = keyed(&manager, USERS, key, Some(kim())).await.expect(400);
        assert!(invalid.text("type").ends_with("invalid-idempotency-key"), "{invalid:?}");
    }
    // A caller who lost the role does not get the answer.
    admin.put("/api/admin/users/manager").json(json!({"role": "user"})).send().await.expect(200);
    keyed(&manager, USERS, "key", Some(kim())).await.expect(403);
}

async fn concurrent_requests_with_one_key_create_one_user(deployment: Deployment) {
    let manager = deployment.manager().await;
    let answers = join_all((0..20).map(|_| keyed(&manager, USERS, "one", Some(kim())))).await;
    let (created, running): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status() == 201);
    assert_eq!(created.iter().filter(|answer| !is_repeated(answer)).count(), 1);
    assert!(running.iter().all(|answer| answer.text("type").ends_with("idempotency-key-in-use")), "{running:?}");
    assert_eq!(count(&manager, "kim").await, 1);
    let again = keyed(&manager, USERS, "one", Some(kim())).await.expect(201);
    assert_eq!(again.json(), created[0].json());
}

async fn every_administrative_post_honours_the_key(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    for (path, body) in [
        ("/api/admin/users/alice/deactivate", None),
        ("/api/admin/users/alice/activate", None),
        ("/api/admin/users/alice/unlock", None),
        ("/api/admin/users/alice/reset-password", None),
        ("/api/admin/users/unknown/activate", None),
        ("/api/admin/invitations", Some(json!({"email": "lee@example.com"}))),
        ("/api/admin/invitations/99/resend", None),
        ("/api/admin/outbox/99/retry", None),
    ] {
        let first = keyed(&admin, path, "key of all", body.clone()).await;
        assert_eq!(first.status(), 400, "a key has no spaces: {path}");
        let first = keyed(&admin, path, path, body.clone()).await;
        let again = keyed(&admin, path, path, body).await;
        assert!(!is_repeated(&first) && is_repeated(&again), "{path}: {again:?}");
        assert_eq!((first.status(), first.json()), (again.status(), again.json()), "{path}");
    }
    // Each path of a route is another request.
    keyed(&admin, "/api/admin/users/bob/activate", "/api/admin/users/alice/activate", None).await.expect(422);
}
