//! The health that a gateway reports of itself and of remote services.

#![allow(clippy::unwrap_used, reason = "a failed step must fail the test")]

mod common;

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;

use actix_web::App;
use common::{Process, ask, service};
use steward_contracts::bodies::{ApiState, DatabaseHealth, Health, HealthStatus, RedisHealth};
use steward_gateway::{Upstream, health};
use steward_web::health::{Probe, Probes};

fn database(connected: bool) -> DatabaseHealth {
    DatabaseHealth {
        connected,
        host: "timescaledb".to_owned(),
        port: "5432".to_owned(),
        database: "secondarymarket".to_owned(),
    }
}

fn start(process: &Process, probes: impl Fn() -> Probes + Clone + Send + 'static) -> SocketAddr {
    let (layer, metrics) = (process.layer(), process.metrics.clone());
    process.serve(move || {
        App::new()
            .configure(steward_web::health::add_data(probes(), metrics.clone()))
            .configure(|config| steward_gateway::description().endpoints.iter().for_each(|one| one.mount(config)))
            .wrap(layer.clone())
    })
}

/// Returns the report of a healthy service.
fn healthy_report() -> String {
    report(&Health {
        status: HealthStatus::Healthy,
        api: ApiState::Running,
        database: database(true),
        redis: RedisHealth::Connected,
    })
}

fn report(health: &Health) -> String {
    let body = serde_json::to_string(health).unwrap();
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[actix_web::test]
async fn a_healthy_gateway_responds_as_documented() {
    let process = Process::new();
    let address = start(&process, || Probes {
        database: Probe::fixed(database(true)),
        redis: Probe::fixed(RedisHealth::Disabled),
        services: Vec::new(),
    });
    let response = ask(address, "GET", "/health", "").await;
    assert_eq!(response.status, 200);
    assert_eq!(
        response.body,
        "{\"status\":\"healthy\",\"api\":\"running\",\"database\":{\"connected\":true,\"host\":\"timescaledb\",\
         \"port\":\"5432\",\"database\":\"secondarymarket\"},\"redis\":\"disabled\"}"
    );
    assert_eq!(ask(address, "GET", "/health/ready", "").await.status, 200);
    assert_eq!(ask(address, "HEAD", "/health", "").await.status, 200);
    assert!(ask(address, "GET", "/metrics", "").await.body.contains("route=\"/health\",status=\"200\""));
}

#[actix_web::test]
async fn a_gateway_without_its_database_is_alive_and_not_ready() {
    let process = Process::new();
    let address = start(&process, || Probes {
        database: Probe::fixed(database(false)),
        redis: Probe::fixed(RedisHealth::Connected),
        services: Vec::new(),
    });
    for target in ["/health", "/health/ready"] {
        let response = ask(address, "GET", target, "").await;
        assert_eq!((response.status, response.header("content-type")), (503, Some("application/json")));
        let health: Health = serde_json::from_str(&response.body).unwrap();
        assert_eq!((health.status, health.database), (HealthStatus::Unhealthy, database(false)));
    }
    assert_eq!(ask(address, "GET", "/health/live", "").await.status, 200);
}

#[actix_web::test]
async fn remote_services_report_the_state_of_the_database() {
    let process = Process::new();
    let health =
        |redis| Health { status: HealthStatus::Healthy, api: ApiState::Running, database: database(true), redis };
    let (auth, admin) = (report(&health(RedisHealth::Connected)), report(&health(RedisHealth::Unreachable)));
    let up = Rc::new(Cell::new(true));
    let gate = Rc::clone(&up);
    let (auth, log) = service(move |mut connection| {
        let (auth, gate) = (auth.clone(), Rc::clone(&gate));
        async move {
            while connection.request().await.is_some() && gate.get() {
                connection.send(&auth).await;
            }
        }
    })
    .await;
    let (admin, _) = service(move |connection| {
        let admin = admin.clone();
        async move { connection.always(&admin).await }
    })
    .await;
    let address = start(&process, move || {
        let upstream = |name, address: SocketAddr| Upstream::new(name, &address.into()).unwrap();
        health::behind([upstream("auth", auth), upstream("admin", admin)], Probe::fixed(RedisHealth::Connected))
    });
    let response = ask(address, "GET", "/health", "").await;
    let reported: Health = serde_json::from_str(&response.body).unwrap();
    assert_eq!((response.status, reported.database, reported.redis), (200, database(true), RedisHealth::Unreachable));
    assert!(log.requests()[0].starts_with("GET /health/ready HTTP/1.1"));

    up.set(false);
    let response = ask(address, "GET", "/health", "").await;
    let reported: Health = serde_json::from_str(&response.body).unwrap();
    assert_eq!((response.status, reported.status), (503, HealthStatus::Unhealthy), "one service is unavailable");
    assert_eq!(reported.database, database(true), "the other service still reaches the database");
}

#[actix_web::test]
async fn without_a_service_the_last_known_database_is_reported() {
    let process = Process::new();
    let healthy = healthy_report();
    let (auth, _) = service(move |mut connection| {
        let healthy = healthy.clone();
        async move {
            // Responds once.
            if connection.number == 0 && connection.request().await.is_some() {
                connection.send(healthy).await;
            }
        }
    })
    .await;
    let address = start(&process, move || {
        let auth = Upstream::new("auth", &auth.into()).unwrap();
        health::behind([auth], Probe::fixed(RedisHealth::Connected))
    });
    assert_eq!(ask(address, "GET", "/health", "").await.status, 200);
    let response = ask(address, "GET", "/health", "").await;
    let reported: Health = serde_json::from_str(&response.body).unwrap();
    assert_eq!((response.status, reported.database), (503, database(false)));
}

#[actix_web::test]
async fn a_hanging_service_does_not_hide_the_reports_of_others() {
    let process = Process::new();
    let healthy = healthy_report();
    let (auth, _) = service(move |connection| {
        let healthy = healthy.clone();
        async move { connection.always(&healthy).await }
    })
    .await;
    let (admin, _) = service(|mut connection| async move { while connection.request().await.is_some() {} }).await;
    let address = start(&process, move || {
        let upstream = |name, address: SocketAddr| Upstream::new(name, &address.into()).unwrap();
        health::behind([upstream("admin", admin), upstream("auth", auth)], Probe::fixed(RedisHealth::Connected))
    });
    let response = ask(address, "GET", "/health", "").await;
    let reported: Health = serde_json::from_str(&response.body).unwrap();
    assert_eq!((response.status, reported.status), (503, HealthStatus::Unhealthy));
    assert_eq!((reported.database, reported.redis), (database(true), RedisHealth::Connected));
}

#[actix_web::test]
async fn a_gateway_without_redis_reports_it_although_its_services_reach_redis() {
    let process = Process::new();
    let healthy = healthy_report();
    let (auth, _) = service(move |connection| {
        let healthy = healthy.clone();
        async move { connection.always(&healthy).await }
    })
    .await;
    let address = start(&process, move || {
        let auth = Upstream::new("auth", &auth.into()).unwrap();
        health::behind([auth], Probe::fixed(RedisHealth::Unreachable))
    });
    let response = ask(address, "GET", "/health", "").await;
    let reported: Health = serde_json::from_str(&response.body).unwrap();
    assert_eq!((response.status, reported.redis), (200, RedisHealth::Unreachable));
}
