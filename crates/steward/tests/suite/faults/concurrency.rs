use futures_util::future::join_all;
use serde_json::json;
use steward_testkit::http::Response;

use crate::support::{Deployment, Shape};

macro_rules! in_every_shape {
    ($($test:ident),+ $(,)?) => {
        mod one_process_on_sqlite {
            $(#[tokio::test] async fn $test() { super::$test(super::Shape::Sqlite).await; })+
        }
        mod one_process_on_postgres {
            $(#[tokio::test] async fn $test() { super::$test(super::Shape::Postgres).await; })+
        }
        mod a_process_per_service {
            $(#[tokio::test] async fn $test() { super::$test(super::Shape::Split).await; })+
        }
    };
}

in_every_shape!(
    of_a_thousand_registrations_of_one_id_one_succeeds,
    concurrent_demotions_leave_a_super_admin,
    concurrent_changes_of_different_fields_are_all_kept,
    many_concurrent_reads_and_writes_succeed,
);

fn with_status(responses: &[Response], status: u16) -> usize {
    responses.iter().filter(|response| response.status() == status).count()
}

async fn of_a_thousand_registrations_of_one_id_one_succeeds(shape: Shape) {
    let deployment = Deployment::start(shape).await;
    let responses = join_all((0..1000).map(|number| {
        let body = json!({
            "user_id": if number % 2 == 0 { "wanted" } else { "WANTED" },
            "email": format!("one{number}@example.com"),
            "name": "One of many",
            "password": "correct horse",
        });
        deployment.api.post("/api/auth/register").json(body).send()
    }))
    .await;
    assert_eq!((with_status(&responses, 201), with_status(&responses, 409)), (1, 999));
    let admin = deployment.super_admin().await;
    let trail = admin.get("/api/admin/audit-logs?target=wanted&action=USER_CREATED").send().await.expect(200);
    assert_eq!(trail.json()["total"], 1);
    let numbers = admin.get("/api/admin/analytics/users").send().await.expect(200);
    assert_eq!(numbers.json()["total_users"], 11);
}

async fn concurrent_demotions_leave_a_super_admin(shape: Shape) {
    let deployment = Deployment::start(shape).await;
    let names = ["alice", "bob", "charlie", "diana", "testuser"];
    for _ in 0..3 {
        let admin = deployment.super_admin().await;
        for name in names {
            admin
                .put(&format!("/api/admin/users/{name}"))
                .json(json!({"role": "super_admin"}))
                .send()
                .await
                .expect(200);
        }
        let all: Vec<_> = join_all(names.iter().map(|name| deployment.api.signed_in(name, "test123"))).await;
        // Each demotes or deactivates all others and the first one, concurrently.
        let attempts = all.iter().zip(names).enumerate().flat_map(|(number, (api, own))| {
            names.iter().chain(&["admin"]).filter(move |name| **name != own).map(move |name| {
                let path = format!("/api/admin/users/{name}");
                match number % 3 {
                    0 => api.put(&path).json(json!({"role": "user"})).send(),
                    1 => api.put(&path).json(json!({"is_active": false})).send(),
                    _ => api.put(&path).json(json!({"role": "admin", "is_active": false})).send(),
                }
            })
        });
        let responses = join_all(attempts).await;
        let odd: Vec<_> = responses.iter().filter(|a| !matches!(a.status(), 200 | 401 | 403 | 409)).collect();
        assert!(odd.is_empty(), "{odd:?}");

        let mut left = Vec::new();
        for (name, password) in names.iter().map(|name| (*name, "test123")).chain([("admin", "admin123")]) {
            let login = deployment.api.login(name, password).await;
            if login.status() == 200 && login.text("role") == "super_admin" {
                left.push(deployment.api.with_token(login.text("access_token")));
            }
        }
        let survivor = left.first().expect("a remaining super_admin");
        // Restore all users.
        for name in names.iter().chain(&["admin"]) {
            let body = json!({"role": "super_admin", "is_active": true});
            let response = survivor.put(&format!("/api/admin/users/{name}")).json(body).send().await;
            assert!(matches!(response.status(), 200 | 409), "{response:?}");
        }
    }
}

async fn concurrent_changes_of_different_fields_are_all_kept(shape: Shape) {
    let deployment = Deployment::start(shape).await;
    let admin = deployment.super_admin().await;
    for round in 0..10 {
        let bodies = [
            json!({"name": format!("Bob {round}")}),
            json!({"email": format!("bob{round}@example.com")}),
            json!({"role": if round % 2 == 0 { "admin" } else { "user" }}),
            json!({"is_active": round % 2 != 0}),
        ];
        let responses = join_all(bodies.iter().map(|body| admin.put("/api/admin/users/bob").json(body).send())).await;
        assert_eq!(with_status(&responses, 200), 4, "{responses:?}");
        let bob = admin.get("/api/admin/users/bob").send().await.expect(200);
        for (field, value) in bodies.iter().flat_map(|body| body.as_object().unwrap()) {
            assert_eq!(bob.json()[field], *value, "{field} in round {round}");
        }
    }
    let trail = admin.get("/api/admin/audit-logs?target=bob&admin_id=admin").send().await.expect(200);
    assert_eq!(trail.json()["total"], 40, "every change has its entry");
}

async fn many_concurrent_reads_and_writes_succeed(shape: Shape) {
    let deployment = Deployment::start(shape).await;
    let admin = deployment.super_admin().await;
    let responses = join_all((0..400).map(|number| {
        match number % 4 {
            0 => admin.get("/api/auth/me").send(),
            1 => admin
                .put(&format!("/api/admin/users/{}", ["alice", "bob"][number / 4 % 2]))
                .json(json!({"name": format!("Name {number}")}))
                .send(),
            2 => admin.get("/api/admin/users?search=name&page_size=100").send(),
            _ => admin.get("/api/admin/analytics/users").send(),
        }
    }))
    .await;
    let odd: Vec<_> = responses.iter().filter(|response| response.status() != 200).collect();
    assert!(odd.is_empty(), "{odd:?}");
}
