//! A fault of the server does not count as a failed attempt: only a wrong password does.

use crate::support::{Deployment, Shape, until};

/// Connections are cut while a user repeatedly signs in with the correct password.
async fn correct_passwords_during_a_fault_do_not_lock_out(deployment: Deployment) {
    deployment.api.login("alice", "test123").await.expect(200);
    let run = |statement: &str| deployment.database.run(statement).unwrap();
    // The connection is cut when the session is opened, after the password was compared.
    run("CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END'");
    run("CREATE TRIGGER cut BEFORE INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION cut()");
    for _ in 0..8 {
        deployment.api.login("alice", "test123").await.expect(503);
    }
    run("DROP TRIGGER cut ON sessions");
    signs_in_again(&deployment).await;

    for _ in 0..8 {
        deployment.database.terminate_connections();
        let response = deployment.api.login("alice", "test123").await;
        assert!(matches!(response.status(), 200 | 503), "{response:?}");
    }
    signs_in_again(&deployment).await;
    let admin = deployment.super_admin().await;
    // The admin service has a pool of its own, whose connections were cut as well.
    until("the admin service answers", async || admin.get("/api/admin/users/alice").send().await.status() == 200).await;
    let alice = admin.get("/api/admin/users/alice").send().await.expect(200);
    assert_eq!(alice.json()["failures"], 0);
    let timeline = admin.get("/api/admin/users/alice/timeline?page_size=100").send().await.expect(200);
    assert!(!timeline.column("kind").contains(&"sign_in_failed".into()), "{timeline:?}");

    // The same number of wrong passwords still counts.
    for _ in 0..5 {
        deployment.api.login("alice", "wrong").await.expect(401);
    }
    deployment.api.login("alice", "test123").await.expect(429);
}

/// The correct password is accepted once the pool has replaced the cut connections, and never locks the user out.
async fn signs_in_again(deployment: &Deployment) {
    until("the correct password is accepted", async || {
        let response = deployment.api.login("alice", "test123").await;
        assert!(matches!(response.status(), 200 | 503), "{response:?}");
        response.status() == 200
    })
    .await;
}

#[tokio::test]
async fn correct_passwords_during_a_fault_do_not_lock_out_in_one_process() {
    correct_passwords_during_a_fault_do_not_lock_out(Deployment::start(Shape::Postgres).await).await;
}

#[tokio::test]
async fn correct_passwords_during_a_fault_do_not_lock_out_in_a_process_per_service() {
    correct_passwords_during_a_fault_do_not_lock_out(Deployment::start(Shape::Split).await).await;
}
