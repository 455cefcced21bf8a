//! Requests with an `Idempotency-Key` that a killed process leaves without an answer.

use serde_json::json;
use steward_testkit::http::{Api, Response};

use crate::support::{Deployment, Shape, until};

async fn create(api: &Api) -> Option<Response> {
    let body = json!({"user_id": "kim", "email": "kim@example.com", "name": "Kim"});
    api.post("/api/admin/users").header("Idempotency-Key", "the-key").json(body).try_send().await.ok()
}

#[tokio::test]
async fn the_key_of_a_killed_request_is_usable_again_in_one_process() {
    the_key_of_a_killed_request_is_usable_again(Shape::Postgres).await;
}

#[tokio::test]
async fn the_key_of_a_killed_request_is_usable_again_in_a_process_per_service() {
    the_key_of_a_killed_request_is_usable_again(Shape::Split).await;
}

async fn the_key_of_a_killed_request_is_usable_again(shape: Shape) {
    let mut deployment = Deployment::start(shape).await;
    let token = deployment.manager().await.token().to_owned();
    // The hash takes seconds, in which the processes are killed.
    deployment.restart_with(&[("STEWARD_BCRYPT_COST", "15")]).await;
    let api = deployment.api.with_token(&token);
    let request = tokio::spawn(async move { create(&api).await.map(|response| response.status()) });
    let count = |table: &str, database: &crate::support::Database| {
        database.run(&format!("SELECT count(*) FROM {table}")).unwrap().trim().to_owned()
    };
    until("the key is claimed", async || count("idempotency_keys", &deployment.database) == "1").await;
    deployment.restart_with(&[]).await;
    assert_ne!(request.await.unwrap(), Some(201), "killed before the answer");
    assert_eq!(count("users WHERE user_id = 'kim'", &deployment.database), "0");

    let api = deployment.api.with_token(&token);
    let running = create(&api).await.unwrap().expect(409);
    assert!(running.text("type").ends_with("idempotency-key-in-use"), "{running:?}");
    // As if the time of the lease were over.
    deployment.database.run("UPDATE idempotency_keys SET lease_expires_at = '2020-01-01T00:00:00.000000Z'").unwrap();
    let created = create(&api).await.unwrap().expect(201);
    let again = create(&api).await.unwrap().expect(201);
    assert_eq!(created.json(), again.json());
    assert_eq!(count("users WHERE user_id = 'kim'", &deployment.database), "1");
}
