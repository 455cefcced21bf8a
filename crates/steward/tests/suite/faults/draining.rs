use std::net::TcpListener;
use std::time::{Duration, Instant};

use steward_testkit::http::Api;
use steward_testkit::http::raw::Raw;
use tempfile::tempdir;

use crate::support::{Database, Deployment, Process, Shape, launch, until};

/// A sign-in whose body has not arrived as a whole.
fn half_a_login(api: &str) -> (Raw, &'static str) {
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

/// A sign-in at the console whose form has not arrived as a whole.
fn half_a_form(console: &str) -> (Raw, &'static str) {
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

/// Returns when the server has seen the request that is under way.
async fn under_way(deployment: &Deployment) {
    all_under_way(&deployment.api, 1).await;
}

/// Returns when the server has seen so many requests that are under way.
async fn all_under_way(api: &Api, requests: u32) {
    until("the requests are under way", async || {
        let metrics = api.get("/metrics").send().await.expect(200);
        let text = String::from_utf8_lossy(metrics.bytes()).into_owned();
        let line = text.lines().find(|line| line.starts_with("steward_http_requests_in_flight ")).unwrap().to_owned();
        // This question itself, and those that wait.
        line.rsplit(' ').next().unwrap().parse::<u32>().unwrap() > requests
    })
    .await;
}

/// Returns when connections are refused at this address.
async fn refuses_connections(address: &str) {
    until("connections are refused", async || Raw::connect(address).is_err()).await;
}

/// Log-ins in flight at the gateway of `process`, and one at its console, are all answered although their bodies arrive
/// long after a server without a request in flight has stopped.
async fn drains_every_listener(mut process: Process, api: &Api) {
    /// More than an idle server takes to stop.
    const LONGER: Duration = Duration::from_millis(1_500);
    let console = process.address_of("console");
    let mut log_ins: Vec<_> = (0..16).map(|_| half_a_login(api.base())).collect();
    let (mut form, rest_of_form) = half_a_form(&console);
    all_under_way(api, 17).await;
    process.signal("TERM");
    process.wait_for("it begins to drain", |line| line.contains("stopping:").then_some(()));

    refuses_connections(&console).await;
    form.send(rest_of_form).unwrap();
    let answer = form.answer().unwrap();
    assert!(answer.starts_with("HTTP/1.1 303") && answer.contains("location: /dashboard"), "{answer}");

    refuses_connections(api.base()).await;
    tokio::time::sleep(LONGER).await;
    assert!(process.runs(), "requests are in flight");
    for (connection, rest) in &mut log_ins {
        connection.send(rest).unwrap();
    }
    for (connection, _) in &mut log_ins {
        let answer = connection.answer().unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("access_token"), "{answer}");
    }
    let (status, _) = process.ended();
    assert_eq!(status.code(), Some(0), "{}", process.output());
}

#[tokio::test]
async fn all_listeners_of_one_process_finish_what_is_in_flight() {
    let mut deployment = Deployment::start(Shape::Sqlite).await;
    let process = deployment.processes.remove(0);
    drains_every_listener(process, &deployment.api).await;
}

#[tokio::test]
async fn services_apart_in_one_process_finish_what_is_in_flight() {
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
    drains_every_listener(process, &api).await;
}

#[tokio::test]
async fn each_process_of_the_split_finishes_what_is_in_flight() {
    let mut deployment = Deployment::start(Shape::Apart).await;
    let (mut connection, rest) = half_a_login(deployment.api.base());
    under_way(&deployment).await;
    let gateway = deployment.processes.last_mut().unwrap();
    gateway.signal("TERM");
    gateway.wait_for("it begins to drain", |line| line.contains("stopping:").then_some(()));
    refuses_connections(deployment.api.base()).await;
    connection.send(rest).unwrap();
    assert_eq!(connection.status().unwrap(), Some(200));
    assert_eq!(gateway.ended().0.code(), Some(0), "{}", gateway.output());
    // Those that are called go last.
    for process in &mut deployment.processes[..2] {
        process.signal("TERM");
        assert_eq!(process.ended().0.code(), Some(0), "{}", process.output());
    }
}

#[tokio::test]
async fn what_is_in_flight_is_finished_and_nothing_more_is_taken() {
    for signal in ["TERM", "INT"] {
        let mut deployment = Deployment::start(Shape::Sqlite).await;
        let (mut connection, rest) = half_a_login(deployment.api.base());
        under_way(&deployment).await;
        deployment.processes[0].signal(signal);
        deployment.processes[0].wait_for("it begins to drain", |line| line.contains("stopping:").then_some(()));
        let api = deployment.api.reconnected();
        until("nobody is let in", async || api.get("/health/live").try_send().await.is_err()).await;
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
    let (_connection, _) = half_a_login(deployment.api.base());
    under_way(&deployment).await;
    let began = Instant::now();
    deployment.processes[0].signal("TERM");
    let (status, _) = deployment.processes[0].ended();
    let took = began.elapsed();
    let output = deployment.processes[0].output();
    assert_eq!(status.code(), Some(3), "{output}");
    assert!(output.contains("1 request(s) in flight were cut"), "{output}");
    // The server itself would give up after 20 s.
    assert!((10..20).contains(&took.as_secs()), "{took:?}");
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let mut deployment = Deployment::start(Shape::Sqlite).await;
    let (_connection, _) = half_a_login(deployment.api.base());
    under_way(&deployment).await;
    deployment.processes[0].signal("INT");
    deployment.processes[0].wait_for("it begins to drain", |line| line.contains("stopping:").then_some(()));
    deployment.processes[0].signal("INT");
    let (status, took) = deployment.processes[0].ended();
    assert_eq!(status.code(), Some(130));
    assert!(took < Duration::from_secs(3), "{took:?}");
}

/// Signals that are sent to many programs for many reasons, and end those that do not handle them.
const OTHER_SIGNALS: [&str; 8] = ["HUP", "USR1", "USR2", "PIPE", "ALRM", "VTALRM", "PROF", "IO"];

#[tokio::test]
async fn other_signals_do_not_stop_it() {
    let mut deployment = Deployment::start(Shape::Sqlite).await;
    let (mut connection, rest) = half_a_login(deployment.api.base());
    under_way(&deployment).await;
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
async fn other_signals_do_not_stop_it_before_it_serves() {
    let folder = tempdir().unwrap();
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("postgres://steward@{nowhere}/steward");
    let mut process = launch(folder.path(), &url, &["serve"]).start();
    process.wait_for("it waits", |line| line.contains("waiting for the database").then_some(()));
    for signal in OTHER_SIGNALS {
        process.signal(signal);
    }
    process.wait_for("it goes on waiting", |line| line.contains("waiting for the database").then_some(()));
    process.signal("TERM");
    assert_eq!(process.ended().0.code(), Some(0), "{}", process.output());
}
