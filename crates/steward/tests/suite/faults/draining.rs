use std::net::TcpListener;
use std::time::{Duration, Instant};

use steward_testkit::http::Api;
use steward_testkit::http::raw::Raw;
use tempfile::tempdir;

use crate::support::{Database, Deployment, Process, Shape, launch, until};

/// Starts a sign-in whose body is incomplete. Returns the connection and the rest of the body.
fn start_login(api: &str) -> (Raw, &'static str) {
    const BODY: &str = r#"{"user_id": "admin", "password": "admin123"}"#;
    let mut connection = Raw::connect(api).unwrap();
    let head = format!(
        "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        BODY.len()
    );
    let (first, rest) = BODY.split_at(10);
    connection.send(head + first).unwrap();
    (connection, rest)
}

/// Starts a sign-in at the console whose form is incomplete. Returns the connection and the rest of the form.
fn start_form(console: &str) -> (Raw, &'static str) {
    let mut connection = Raw::connect(console).unwrap();
    connection.send("GET /sign-in HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let page = connection.answer().unwrap();
    let (_, csrf) = page.split_once("name=\"csrf\" value=\"").unwrap();
    let csrf = csrf.split('"').next().unwrap();
    let cookies = page.lines().filter_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next());
    let cookies = cookies.collect::<Vec<_>>().join("; ");
    let (first, rest) = (format!("csrf={csrf}&user_id=admin"), "&password=admin123");
    let length = first.len() + rest.len();
    let head = format!(
        "POST /sign-in HTTP/1.1\r\nHost: x\r\nCookie: {cookies}\r\nContent-Length: {length}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    );
    connection.send(head + &first).unwrap();
    (connection, rest)
}

/// Waits until the server has received the request in flight.
async fn wait_for_a_request_in_flight(deployment: &Deployment) {
    wait_for_requests_in_flight(&deployment.api, 1).await;
}

/// Waits until the server has received this number of requests in flight.
async fn wait_for_requests_in_flight(api: &Api, requests: u32) {
    until("the requests are in flight", async || {
        let metrics = api.get("/metrics").send().await.expect(200);
        let text = String::from_utf8_lossy(metrics.bytes()).into_owned();
        let line = text.lines().find(|line| line.starts_with("steward_http_requests_in_flight ")).unwrap().to_owned();
        // The metrics request itself counts, too.
        line.rsplit(' ').next().unwrap().parse::<u32>().unwrap() > requests
    })
    .await;
}

/// Waits until connections to this address are refused.
async fn refuses_connections(address: &str) {
    until("connections are refused", async || Raw::connect(address).is_err()).await;
}

/// Checks that sign-ins in flight at the gateway and the console of `process` get responses, although their bodies
/// arrive later than an idle server takes to stop.
async fn assert_drains_every_listener(mut process: Process, api: &Api) {
    /// Longer than an idle server takes to stop.
    const LONGER: Duration = Duration::from_millis(1_500);
    let console = process.address_of("console");
    let mut log_ins: Vec<_> = (0..16).map(|_| start_login(api.base())).collect();
    let (mut form, rest_of_form) = start_form(&console);
    wait_for_requests_in_flight(api, 17).await;
    process.signal("TERM");
    process.wait_for("the start of draining", |line| line.contains("stopping:").then_some(()));

    refuses_connections(&console).await;
    form.send(rest_of_form).unwrap();
    let response = form.answer().unwrap();
    assert!(response.starts_with("HTTP/1.1 303") && response.contains("location: /dashboard"), "{response}");

    refuses_connections(api.base()).await;
    tokio::time::sleep(LONGER).await;
    assert!(process.runs(), "requests are in flight");
    for (connection, rest) in &mut log_ins {
        connection.send(rest).unwrap();
    }
    for (connection, _) in &mut log_ins {
        let response = connection.answer().unwrap();
        assert!(response.starts_with("HTTP/1.1 200") && response.contains("access_token"), "{response}");
    }
    let (status, _) = process.ended();
    assert_eq!(status.code(), Some(0), "{}", process.output());
}

#[tokio::test]
async fn all_listeners_of_one_process_finish_requests_in_flight() {
    let mut deployment = Deployment::start(Shape::Sqlite).await;
    let process = deployment.processes.remove(0);
    assert_drains_every_listener(process, &deployment.api).await;
}

#[tokio::test]
async fn split_services_of_one_process_finish_requests_in_flight() {
    let folder = tempdir().unwrap();
    let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let database = Database::empty_sqlite(folder.path());
    let services = ["serve", "--only", "gateway", "--only", "auth", "--only", "admin", "--only", "console"];
    let mut process = launch(folder.path(), &database.url(), &services)
        .with("STEWARD_API_ADDR", free())
        .with("STEWARD_AUTH_ADDR", free())
        .with("STEWARD_ADMIN_ADDR", free())
        .start();
    let api = Api::at(&process.address_of("gateway")).await;
    assert_drains_every_listener(process, &api).await;
}

#[tokio::test]
async fn each_process_of_a_split_finishes_requests_in_flight() {
    let mut deployment = Deployment::start(Shape::Split).await;
    let (mut connection, rest) = start_login(deployment.api.base());
    wait_for_a_request_in_flight(&deployment).await;
    let gateway = deployment.processes.last_mut().unwrap();
    gateway.signal("TERM");
    gateway.wait_for("the start of draining", |line| line.contains("stopping:").then_some(()));
    refuses_connections(deployment.api.base()).await;
    connection.send(rest).unwrap();
    assert_eq!(connection.status().unwrap(), Some(200));
    assert_eq!(gateway.ended().0.code(), Some(0), "{}", gateway.output());
    // Services that are called by others stop last.
    for process in &mut deployment.processes[..2] {
        process.signal("TERM");
        assert_eq!(process.ended().0.code(), Some(0), "{}", process.output());
    }
}

#[tokio::test]
async fn a_stop_finishes_requests_in_flight_and_accepts_no_more() {
    for signal in ["TERM", "INT"] {
        let mut deployment = Deployment::start(Shape::Sqlite).await;
        let (mut connection, rest) = start_login(deployment.api.base());
        wait_for_a_request_in_flight(&deployment).await;
        deployment.processes[0].signal(signal);
        deployment.processes[0].wait_for("the start of draining", |line| line.contains("stopping:").then_some(()));
        let api = deployment.api.reconnected();
        until("new connections are refused", async || api.get("/health/live").try_send().await.is_err()).await;
        assert!(deployment.processes[0].runs(), "requests are in flight");

        connection.send(rest).unwrap();
        let response = connection.answer().unwrap();
        assert!(response.starts_with("HTTP/1.1 200") && response.contains("access_token"), "{response}");
        let (status, took) = deployment.processes[0].ended();
        assert_eq!(status.code(), Some(0));
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
}

#[tokio::test]
async fn idle_connections_do_not_delay_a_stop() {
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
async fn a_stop_waits_at_most_ten_seconds() {
    let mut deployment = Deployment::start(Shape::Sqlite).await;
    let (_connection, _) = start_login(deployment.api.base());
    wait_for_a_request_in_flight(&deployment).await;
    let began = Instant::now();
    deployment.processes[0].signal("TERM");
    let (status, _) = deployment.processes[0].ended();
    let took = began.elapsed();
    let output = deployment.processes[0].output();
    assert_eq!(status.code(), Some(3), "{output}");
    assert!(output.contains("1 request(s) in flight were cut"), "{output}");
    // actix itself would wait for 20 s.
    assert!((10..20).contains(&took.as_secs()), "{took:?}");
}

#[tokio::test]
async fn a_second_signal_ends_the_process_at_once() {
    let mut deployment = Deployment::start(Shape::Sqlite).await;
    let (_connection, _) = start_login(deployment.api.base());
    wait_for_a_request_in_flight(&deployment).await;
    deployment.processes[0].signal("INT");
    deployment.processes[0].wait_for("the start of draining", |line| line.contains("stopping:").then_some(()));
    deployment.processes[0].signal("INT");
    let (status, took) = deployment.processes[0].ended();
    assert_eq!(status.code(), Some(130));
    assert!(took < Duration::from_secs(3), "{took:?}");
}

/// Signals that other programs send for various reasons, and that end a process without a handler.
const OTHER_SIGNALS: [&str; 8] = ["HUP", "USR1", "USR2", "PIPE", "ALRM", "VTALRM", "PROF", "IO"];

#[tokio::test]
async fn other_signals_do_not_stop_the_process() {
    let mut deployment = Deployment::start(Shape::Sqlite).await;
    let (mut connection, rest) = start_login(deployment.api.base());
    wait_for_a_request_in_flight(&deployment).await;
    let process = &mut deployment.processes[0];
    for signal in OTHER_SIGNALS {
        process.signal(signal);
        if signal != "PIPE" {
            process.wait_for(signal, |line| line.contains(&format!("\"SIG{signal}\"")).then_some(()));
        }
    }
    connection.send(rest).unwrap();
    assert_eq!(connection.status().unwrap(), Some(200));
    deployment.api.get("/health/live").send().await.expect(200);
    process.signal("TERM");
    assert_eq!(process.ended().0.code(), Some(0));
}

#[tokio::test]
async fn other_signals_do_not_stop_the_process_during_its_start() {
    let folder = tempdir().unwrap();
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("postgres://steward@{nowhere}/steward");
    let mut process = launch(folder.path(), &url, &["serve"]).start();
    process.wait_for("the wait", |line| line.contains("waiting for the database").then_some(()));
    for signal in OTHER_SIGNALS {
        process.signal(signal);
    }
    process.wait_for("the continued wait", |line| line.contains("waiting for the database").then_some(()));
    process.signal("TERM");
    assert_eq!(process.ended().0.code(), Some(0), "{}", process.output());
}
