use std::net::TcpStream;
use std::pin::pin;
use std::time::Duration;
use std::{fs, io};

use futures_util::future::{Either, join_all, select};
use steward_testkit::http::raw::{self, Raw};

use crate::support::{Deployment, Shape};

/// A malformed request, and the allowed statuses; `None` means a closed connection.
type Case = (&'static str, Vec<u8>, &'static [Option<u16>]);

fn cases() -> Vec<Case> {
    const CLOSED_OR_400: &[Option<u16>] = &[None, Some(400)];
    let request = |text: &str| text.replace('\n', "\r\n").into_bytes();
    let login = |headers: &str, body: &[u8]| {
        let head = format!("POST /api/auth/login HTTP/1.1\nHost: x\nContent-Type: application/json\n{headers}\n\n");
        [request(&head), body.to_vec()].concat()
    };
    vec![
        ("not HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(20), CLOSED_OR_400),
        ("an empty line and nonsense", request("\n\nnonsense\n\n"), CLOSED_OR_400),
        ("an unknown version", request("GET / HTTP/9.9\nHost: x\n\n"), CLOSED_OR_400),
        ("a null byte in the path", b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), CLOSED_OR_400),
        ("a null byte in a header", b"GET /health HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n".to_vec(), CLOSED_OR_400),
        (
            "raw UTF-8 in the path",
            "GET /홍길동 HTTP/1.1\r\nHost: x\r\n\r\n".as_bytes().to_vec(),
            &[None, Some(400), Some(404)],
        ),
        ("raw bytes in the path", b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), &[None, Some(400), Some(404)]),
        ("a header without a name", request("GET /health HTTP/1.1\nHost: x\n: x\n\n"), CLOSED_OR_400),
        ("a folded header", request("GET /health HTTP/1.1\nHost: x\nX-A: a\n b\n\n"), CLOSED_OR_400),
        (
            "a space before the colon",
            request("GET /health HTTP/1.1\nHost: x\nContent-Length : 5\n\nabcde"),
            CLOSED_OR_400,
        ),
        (
            "a thousand headers",
            request(&format!("GET /health HTTP/1.1\nHost: x\n{}\n", "X-A: b\n".repeat(1000))),
            &[None, Some(400), Some(431)],
        ),
        (
            "a header bomb",
            request(&format!("GET /health HTTP/1.1\nHost: x\nX-A: {}\n\n", "a".repeat(1 << 20))),
            &[None, Some(400), Some(431)],
        ),
        (
            "an endless path",
            request(&format!("GET /{} HTTP/1.1\nHost: x\n\n", "a".repeat(1 << 20))),
            &[None, Some(400), Some(414), Some(431)],
        ),
        ("two lengths", login("Content-Length: 2\nContent-Length: 3", b"{}"), CLOSED_OR_400),
        ("a length and chunks", login("Content-Length: 2\nTransfer-Encoding: chunked", b"0\r\n\r\n"), CLOSED_OR_400),
        ("a negative length", login("Content-Length: -1", b"{}"), CLOSED_OR_400),
        ("a length that is not a number", login("Content-Length: 2x", b"{}"), CLOSED_OR_400),
        (
            "a length beyond all memory",
            login("Content-Length: 18446744073709551615", b"{}"),
            &[None, Some(400), Some(408), Some(413)],
        ),
        ("a length over the limit", login("Content-Length: 70000", &[b' '; 70_000]), &[Some(413)]),
        ("chunks over the limit", login("Transfer-Encoding: chunked", &chunks(80_000)), &[Some(413)]),
        ("a chunk of no size", login("Transfer-Encoding: chunked", b"zz\r\n{}\r\n0\r\n\r\n"), CLOSED_OR_400),
        (
            "a chunk of endless size",
            login("Transfer-Encoding: chunked", b"fffffffffffffffff\r\n{}"),
            &[None, Some(400), Some(413)],
        ),
        (
            "a body that is gzip",
            login("Content-Encoding: gzip\nContent-Length: 4", b"\x1f\x8b\x08\0"),
            &[Some(400), Some(415)],
        ),
        ("two hosts", request("GET /health/live HTTP/1.1\nHost: x\nHost: y\n\n"), &[None, Some(400), Some(200)]),
        (
            "an absolute form",
            request("GET http://elsewhere/internal/authenticate HTTP/1.1\nHost: x\n\n"),
            &[Some(400), Some(404)],
        ),
        (
            "a tunnel",
            request("CONNECT elsewhere:443 HTTP/1.1\nHost: elsewhere\n\n"),
            &[None, Some(400), Some(404), Some(405)],
        ),
        ("an asterisk", request("OPTIONS * HTTP/1.1\nHost: x\n\n"), &[None, Some(400), Some(404), Some(405)]),
        (
            "an upgrade",
            request("GET /health/live HTTP/1.1\nHost: x\nConnection: upgrade, x-steward-signature\nUpgrade: h2c\n\n"),
            &[Some(200)],
        ),
        (
            "two tokens",
            request("GET /api/auth/me HTTP/1.1\nHost: x\nAuthorization: Bearer a\nAuthorization: Bearer b\n\n"),
            &[Some(400), Some(401)],
        ),
        (
            "a token that is not text",
            b"GET /api/auth/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\n\r\n".to_vec(),
            &[None, Some(400), Some(401)],
        ),
        (
            "a user agent that is not text",
            b"GET /health/live HTTP/1.1\r\nHost: x\r\nUser-Agent: \xff\xfe\r\n\r\n".to_vec(),
            &[Some(200), Some(400)],
        ),
    ]
}

fn chunks(bytes: usize) -> Vec<u8> {
    [format!("{bytes:x}\r\n").into_bytes(), vec![b' '; bytes], b"\r\n0\r\n\r\n".to_vec()].concat()
}

async fn malformed_requests_do_not_crash(shape: Shape) {
    let mut deployment = Deployment::start(shape).await;
    for (what, request, allowed) in cases() {
        let status = raw::status(deployment.api.base(), request);
        assert!(allowed.contains(&status), "{what}: {status:?}");
        deployment.api.get("/health/live").send().await.expect(200);
    }
    deployment.super_admin().await.get("/api/admin/users").send().await.expect(200);
    for process in &mut deployment.processes {
        assert!(process.runs());
        let output = process.output();
        assert!(!output.contains("panicked") && !output.contains("\"status\":500"), "{output}");
    }
}

#[tokio::test]
async fn malformed_requests_do_not_crash_one_process() {
    malformed_requests_do_not_crash(Shape::Sqlite).await;
}

#[tokio::test]
async fn malformed_requests_do_not_crash_a_process_per_service() {
    malformed_requests_do_not_crash(Shape::Split).await;
}

/// Sends bytes slowly until the server closes or responds, and returns the status. Fails after a minute.
fn trickle(base: &str, beginning: &str, drop_by_drop: &str) -> io::Result<Option<u16>> {
    let mut connection = Raw::connect(base).unwrap();
    connection.send(beginning).unwrap();
    let mut bytes = drop_by_drop.bytes().cycle();
    // The pace is the subject of the test: slower than any client, but faster than the time-out between bytes.
    std::thread::scope(|scope| {
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let mut writer = connection.try_clone().unwrap();
        scope.spawn(move || {
            while stopped.recv_timeout(Duration::from_millis(200)).is_err() {
                if writer.send([bytes.next().unwrap_or(b'a')]).is_err() {
                    break;
                }
            }
        });
        let status = connection.status();
        let _ = stop.send(());
        status
    })
}

#[tokio::test]
async fn a_slow_request_is_closed_at_its_deadline() {
    let deployment = Deployment::start(Shape::Sqlite).await;
    let base = deployment.api.base().to_owned();
    let post =
        "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{";
    let second = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /health/live HTTP/1.1\r\nX-A: ";
    let results = std::thread::scope(|scope| {
        let cases = [("a head", "GET /health/live HTTP/1.1\r\nX-A: "), ("a body", post)];
        let running = cases.map(|(what, beginning)| {
            let base = &base;
            (what, scope.spawn(move || trickle(base, beginning, "a")))
        });
        let silent = {
            let base = &base;
            scope.spawn(move || {
                let mut connection = Raw::connect(base).unwrap();
                connection.send("GET /health").unwrap();
                connection.status()
            })
        };
        let mut results: Vec<_> = running.into_iter().map(|(what, case)| (what, case.join().unwrap())).collect();
        results.push(("a head that stops", silent.join().unwrap()));
        results
    });
    for (what, status) in results {
        assert!(matches!(status, Ok(None | Some(408))), "{what}: {status:?}");
    }
    // The deadline applies to later requests on a connection, too.
    let mut connection = Raw::connect(&base).unwrap();
    connection.send(second).unwrap();
    assert_eq!(connection.status().unwrap(), Some(200));
    deployment.api.get("/health/live").send().await.expect(200);
}

#[tokio::test]
async fn a_password_of_64_kib_is_rejected_without_hashing() {
    let deployment = Deployment::start_with(Shape::Sqlite, &[("STEWARD_BCRYPT_COST", "12")]).await;
    let api = &deployment.api;
    let long = "x".repeat(64 * 1000);
    let ids: Vec<String> = (0..8).map(|number| format!("unknown{number}")).collect();
    let hashed = join_all(ids.iter().map(|id| api.login(id, "wrong password")));
    let refused = join_all((0..50).map(|_| api.login("admin", &long)));
    // Hashes are queued, so that fifty more hashes would finish after these eight.
    match select(pin!(hashed), pin!(refused)).await {
        Either::Right((refused, _)) => refused.into_iter().for_each(|response| drop(response.expect(422))),
        Either::Left(_) => panic!("long passwords waited for hashes"),
    }
}

/// The limit on open files of this process.
fn open_files() -> usize {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap_or_default().to_owned();
    line.split_whitespace().nth(3).and_then(|limit| limit.parse().ok()).unwrap_or(1024)
}

#[tokio::test]
async fn idle_connections_are_closed_for_new_ones() {
    let deployment = Deployment::start(Shape::Sqlite).await;
    let address = deployment.api.base().trim_start_matches("http://");
    // Fewer if the system allows fewer.
    let number = open_files().saturating_sub(1_000).min(10_000);
    let idle: Vec<TcpStream> = (0..number).map(|_| TcpStream::connect(address).unwrap()).collect();
    let admin = deployment.super_admin().await;
    for _ in 0..20 {
        admin.get("/api/auth/me").send().await.expect(200);
    }
    if number > 2_048 {
        let metrics = deployment.api.get("/metrics").send().await.expect(200);
        let text = String::from_utf8_lossy(metrics.bytes()).into_owned();
        assert!(text.contains(r#"steward_http_connections_closed_total{reason="reclaimed"}"#), "{text}");
    }
    drop(idle);
}
