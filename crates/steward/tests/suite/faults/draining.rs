use std::time::Duration;

use steward_testkit::http::raw::Raw;

use crate::support::{Deployment, Shape};

/// A sign-in whose body has not arrived as a whole.
fn half_a_login(deployment: &Deployment) -> (Raw, &'static str) {
    const BODY: &str = r#"{"user_id": "admin", "password": "admin123"}"#;
    let mut connection = Raw::connect(deployment.api.base()).unwrap();
    let head = format!(
        "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        BODY.len()
    );
    let (first, rest) = BODY.split_at(10);
    connection.send(head + first).unwrap();
    (connection, rest)
}

/// Returns when the server has seen the request that is under way.
async fn under_way(deployment: &Deployment) {
    crate::support::until("the request is under way", async || {
        let metrics = deployment.api.get("/metrics").send().await.expect(200);
        let text = String::from_utf8_lossy(metrics.bytes()).into_owned();
        let line = text.lines().find(|line| line.starts_with("steward_http_requests_in_flight ")).unwrap().to_owned();
        // This question itself, and the one that waits.
        line.rsplit(' ').next().unwrap().parse::<u32>().unwrap() >= 2
    })
    .await;
}

#[tokio::test]
async fn what_is_in_flight_is_finished_and_nothing_more_is_taken() {
    for signal in ["TERM", "INT"] {
        let mut deployment = Deployment::start(Shape::Sqlite).await;
        let (mut connection, rest) = half_a_login(&deployment);
        under_way(&deployment).await;
        deployment.processes[0].signal(signal);
        deployment.processes[0].wait_for("it begins to drain", |line| line.contains("stopping:").then_some(()));
        let api = deployment.api.reconnected();
        crate::support::until("nobody is let in", async || api.get("/health/live").try_send().await.is_err()).await;
        assert!(deployment.processes[0].runs(), "somebody is still being served");

        connection.send(rest).unwrap();
        let answer = connection.answer().unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("access_token"), "{answer}");
        let (status, took) = deployment.processes[0].ended();
        assert_eq!(status.code(), Some(0));
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
}

#[tokio::test]
async fn idle_connections_hold_nobody_up() {
    let mut deployment = Deployment::start(Shape::Sqlite).await;
    let mut idle: Vec<Raw> = (0..50).map(|_| Raw::connect(deployment.api.base()).unwrap()).collect();
    for connection in &mut idle {
        connection.send("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        assert_eq!(connection.status().unwrap(), Some(200));
    }
    deployment.processes[0].signal("TERM");
    let (status, took) = deployment.processes[0].ended();
    assert_eq!(status.code(), Some(0));
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn whoever_does_not_finish_is_waited_for_ten_seconds_and_no_longer() {
    let mut deployment = Deployment::start(Shape::Sqlite).await;
    let (_connection, _) = half_a_login(&deployment);
    under_way(&deployment).await;
    deployment.processes[0].signal("TERM");
    let (status, took) = deployment.processes[0].ended();
    assert_eq!(status.code(), Some(0), "{}", deployment.processes[0].output());
    assert!(took < Duration::from_secs(13), "{took:?}");
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let mut deployment = Deployment::start(Shape::Sqlite).await;
    let (_connection, _) = half_a_login(&deployment);
    under_way(&deployment).await;
    deployment.processes[0].signal("INT");
    deployment.processes[0].wait_for("it begins to drain", |line| line.contains("stopping:").then_some(()));
    deployment.processes[0].signal("INT");
    let (status, took) = deployment.processes[0].ended();
    assert_eq!(status.code(), Some(130));
    assert!(took < Duration::from_secs(3), "{took:?}");
}
