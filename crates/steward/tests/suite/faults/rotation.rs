use crate::support::{Deployment, SECRET_KEY, Shape};

const NEXT_KEY: &str = "the next secret, which also has 32 bytes and more";

async fn keys_change_without_logging_anyone_out(shape: Shape) {
    let mut deployment = Deployment::start(shape).await;
    let old = deployment.user().await.token().to_owned();

    deployment.restart_with(&[("SECRET_KEY", NEXT_KEY), ("SECRET_KEY_PREVIOUS", SECRET_KEY)]).await;
    deployment.api.with_token(&old).get("/api/auth/me").send().await.expect(200);
    let new = deployment.user().await.token().to_owned();

    deployment.restart_with(&[("SECRET_KEY", NEXT_KEY)]).await;
    deployment.api.with_token(&new).get("/api/auth/me").send().await.expect(200);
    deployment.api.with_token(&old).get("/api/auth/me").send().await.expect(401);

    // The old key signs nothing: with both keys swapped only what the new one signed is good in the end.
    deployment.restart_with(&[]).await;
    deployment.api.with_token(&new).get("/api/auth/me").send().await.expect(401);
    deployment.api.with_token(&old).get("/api/auth/me").send().await.expect(200);
}

#[tokio::test]
async fn keys_change_without_logging_anyone_out_in_one_process() {
    keys_change_without_logging_anyone_out(Shape::Sqlite).await;
}

#[tokio::test]
async fn keys_change_without_logging_anyone_out_in_many_processes() {
    keys_change_without_logging_anyone_out(Shape::Apart).await;
}
