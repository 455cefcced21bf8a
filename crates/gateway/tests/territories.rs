//! The remote service that each path belongs to.

#![allow(clippy::unwrap_used, reason = "a failed step must fail the test")]

mod common;

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::App;
use common::{Log, OK, Process, ask, key, service};
use steward_contracts::services::client_address;
use steward_gateway::{Proxy, ProxySettings, Territory, Upstream, remote};
use steward_testkit::{TestClock, the_beginning};
use steward_web::TrustedProxies;

fn paths() -> Vec<String> {
    let paths = [
        "/.well-known/jwks.json",
        "/api/admin/sessions",
        "/api/admin/users",
        "/api/admin/users/{user_id}",
        "/api/admin/users/{user_id}/sessions",
        "/api/admin/users/{user_id}/sessions/{session_id}",
        "/api/admin/users/{user_id}/unlock",
        "/api/auth/me",
    ];
    paths.map(str::to_owned).to_vec()
}

struct Split {
    process: Process,
    gateway: SocketAddr,
    auth: Log,
    admin: Log,
}

impl Split {
    async fn start() -> Self {
        let process = Process::new();
        let (auth_address, auth) = service(|connection| connection.always(OK)).await;
        let (admin_address, admin) = service(|connection| connection.always(OK)).await;
        let layer = process.layer().behind(TrustedProxies::parse("127.0.0.1").unwrap());
        let gateway = process.serve(move || {
            let proxy = |name, address| {
                let upstream = Upstream::parse(name, &format!("http://{address}")).unwrap();
                Rc::new(Proxy::new(ProxySettings::new(upstream, key(), Arc::new(TestClock::default()))))
            };
            let services =
                vec![(Territory::Auth, proxy("auth", auth_address)), (Territory::Admin, proxy("admin", admin_address))];
            App::new().configure(remote(services, &paths())).wrap(layer.clone())
        });
        Self { process, gateway, auth, admin }
    }

    /// Returns the numbers of requests to the auth and the admin service.
    fn reached(&self) -> (usize, usize) {
        (self.auth.requests().len(), self.admin.requests().len())
    }
}

#[actix_web::test]
async fn sessions_locks_and_sign_ins_belong_to_the_auth_service() {
    let split = Split::start().await;
    for (n, (method, target)) in [
        ("GET", "/api/auth/me"),
        ("GET", "/api/admin/sessions?search=x"),
        ("GET", "/api/admin/users/alice/sessions"),
        ("DELETE", "/api/admin/users/alice/sessions"),
        ("DELETE", "/api/admin/users/alice/sessions/17"),
        ("POST", "/api/admin/users/alice/unlock"),
        ("GET", "/api/admin/users/alice/timeline"),
        ("GET", "/api/admin/users/al%69ce/%73essions"),
        ("GET", "/.well-known/jwks.json"),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(ask(split.gateway, method, target, "").await.status, 200, "{target}");
        assert_eq!(split.reached(), (n + 1, 0), "{target}");
    }
}

#[actix_web::test]
async fn the_rest_of_administration_belongs_to_the_admin_service() {
    let split = Split::start().await;
    for (n, target) in [
        "/api/admin/users",
        "/api/admin/users/sessions",
        "/api/admin/users/alice",
        "/api/admin/users/alice/activate",
        "/api/admin/users/alice/sessionsx",
        "/api/admin/audit-logs",
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(ask(split.gateway, "GET", target, "").await.status, 200, "{target}");
        assert_eq!(split.reached(), (0, n + 1), "{target}");
    }
    for target in ["/.well-known/openid-configuration", "/.well-known/jwks.json/x", "/api/admin/users/a%2fsessions"] {
        assert_eq!(ask(split.gateway, "GET", target, "").await.problem().status, 404, "{target}");
    }
    assert_eq!(split.reached(), (0, 6));
}

#[actix_web::test]
async fn requests_are_counted_by_route_template() {
    let split = Split::start().await;
    for n in 0..10 {
        ask(split.gateway, "GET", &format!("/api/admin/users/u{n}/sessions"), "").await;
        ask(split.gateway, "DELETE", &format!("/api/admin/users/u{n}/sessions/{n}"), "").await;
        ask(split.gateway, "GET", &format!("/api/admin/users/u{n}/timeline"), "").await;
        ask(split.gateway, "GET", &format!("/api/admin/users/u{n}"), "").await;
        ask(split.gateway, "GET", &format!("/api/admin/users/u{n}/sessions/{n}/{n}"), "").await;
    }
    let counted = split.process.counted();
    let series: Vec<_> = counted.lines().filter(|line| line.starts_with("steward_http_requests_total")).collect();
    let expected = [
        ("DELETE", "/api/admin/users/{user_id}/sessions/{session_id}"),
        ("GET", "/api/admin/users/{user_id}"),
        ("GET", "/api/admin/users/{user_id}/sessions"),
        ("GET", "/api/admin/users/{user_id}/sessions/{tail:.*}"),
        ("GET", "/api/admin/users/{user_id}/timeline"),
    ]
    .map(|(method, route)| {
        format!("steward_http_requests_total{{method=\"{method}\",route=\"{route}\",status=\"200\"}} 10")
    });
    assert_eq!(series, expected);
}

#[actix_web::test]
async fn services_receive_the_client_address_of_a_trusted_proxy() {
    let split = Split::start().await;
    let claims = "X-Forwarded-For: 203.0.113.1, 192.0.2.7\r\nX-Forwarded-Proto: https\r\n";
    let response = ask(split.gateway, "GET", "/api/auth/me", claims).await;
    assert!(response.header("strict-transport-security").is_some(), "{response:?}");
    let [request] = &split.auth.requests()[..] else { panic!("one request") };
    let request = request.to_lowercase();
    assert!(!request.contains("x-forwarded"), "{request}");
    let signature = request.split(&format!("{}: ", client_address::HEADER)).nth(1).unwrap();
    let signature = signature.split("\r\n").next().unwrap();
    let client = key().verify_client_address(signature, "GET", "/api/auth/me", the_beginning()).unwrap();
    assert_eq!(client.to_string(), "192.0.2.7");
}

#[actix_web::test]
async fn paths_of_a_local_service_are_not_forwarded() {
    let process = Process::new();
    let (address, admin) = service(|connection| connection.always(OK)).await;
    let layer = process.layer();
    let gateway = process.serve(move || {
        let upstream = Upstream::parse("admin", &format!("http://{address}")).unwrap();
        let proxy = Rc::new(Proxy::new(ProxySettings::new(upstream, key(), Arc::new(TestClock::default()))));
        App::new().configure(remote(vec![(Territory::Admin, proxy)], &paths())).wrap(layer.clone())
    });
    for path in
        ["/api/admin/sessions", "/api/admin/users/alice/unlock", "/api/admin/users/alice/sessions/17", "/api/auth/x"]
    {
        assert_eq!(ask(gateway, "GET", path, "").await.status, 404, "{path}");
    }
    assert_eq!(admin.requests().len(), 0);
    assert_eq!(ask(gateway, "GET", "/api/admin/users/alice", "").await.status, 200);
    assert_eq!(admin.requests().len(), 1);
}
