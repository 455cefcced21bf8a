//! A fault of ours is not held against the user: only a password that was found wrong counts.

use crate::support::{Deployment, Shape, until};

/// Connections are cut while a user signs in again and again with the right password.
async fn right_passwords_during_a_fault_lock_no_user_out(deployment: Deployment) {
    deployment.api.login("alice", "test123").await.expect(200);
    let run = |statement: &str| deployment.database.run(statement).unwrap();
    // The connection is cut when the session is opened: the password has been compared by then.
    run("CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END'");
    run("CREATE TRIGGER cut BEFORE INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION cut()");
    for _ in 0..8 {
        deployment.api.login("alice", "test123").await.expect(503);
    }
    run("DROP TRIGGER cut ON sessions");
    signs_in_again(&deployment).await;

    for _ in 0..8 {
        run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()");
        let answer = deployment.api.login("alice", "test123").await;
        assert!(matches!(answer.status(), 200 | 503), "{answer:?}");
    }
    signs_in_again(&deployment).await;
    let admin = deployment.super_admin().await;
    // The admin service has a pool of its own, whose connections were cut as well.
    until("the admin service answers", async || admin.get("/api/admin/users/alice").send().await.status() == 200).await;
    let alice = admin.get("/api/admin/users/alice").send().await.expect(200);
    assert_eq!(alice.json()["failures"], 0);
    let timeline = admin.get("/api/admin/users/alice/timeline?page_size=100").send().await.expect(200);
    assert!(!timeline.column("kind").contains(&"sign_in_failed".into()), "{timeline:?}");

    // The same number of wrong passwords is held against them as ever.
    for _ in 0..5 {
        deployment.api.login("alice", "wrong").await.expect(401);
    }
    deployment.api.login("alice", "test123").await.expect(429);
}

/// The right password is accepted as soon as the pool has replaced the connections that were cut, and is never locked out.
async fn signs_in_again(deployment: &Deployment) {
    until("the right password is accepted", async || {
        let answer = deployment.api.login("alice", "test123").await;
        assert!(matches!(answer.status(), 200 | 503), "{answer:?}");
        answer.status() == 200
    })
    .await;
}

#[tokio::test]
async fn right_passwords_during_a_fault_lock_no_user_out_of_one_process() {
    right_passwords_during_a_fault_lock_no_user_out(Deployment::start(Shape::Postgres).await).await;
}

#[tokio::test]
async fn right_passwords_during_a_fault_lock_no_user_out_of_a_process_per_service() {
    right_passwords_during_a_fault_lock_no_user_out(Deployment::start(Shape::Apart).await).await;
}
