//! A gateway in front of two remote services.

#![allow(clippy::unwrap_used, reason = "a failed step must fail the test")]

mod common;

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::App;
use actix_web::http::Method;
use common::{Log, OK, Process, ask, endpoint, key, service};
use steward_contracts::services::client_address;
use steward_gateway::{Proxy, ProxySettings, Upstream};
use steward_testkit::{TestClock, the_beginning};
use steward_web::TrustedProxies;
use steward_web::service::Endpoint;

fn auth_endpoints() -> Vec<Endpoint> {
    vec![
        endpoint(Method::GET, "/.well-known/jwks.json"),
        endpoint(Method::GET, "/api/auth/me"),
        endpoint(Method::GET, "/api/admin/users/{user_id}/sessions"),
        endpoint(Method::DELETE, "/api/admin/users/{user_id}/sessions"),
    ]
}

fn admin_endpoints() -> Vec<Endpoint> {
    vec![
        endpoint(Method::GET, "/api/admin/users"),
        endpoint(Method::GET, "/api/admin/users/{user_id}"),
        endpoint(Method::PUT, "/api/admin/users/{user_id}"),
    ]
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
        let (auth_endpoints, admin_endpoints) = (auth_endpoints(), admin_endpoints());
        let layer = process
            .layer()
            .behind(TrustedProxies::parse("127.0.0.1").unwrap())
            .with_endpoints(auth_endpoints.iter().chain(&admin_endpoints));
        let gateway = process.serve(move || {
            let proxy = |name, address: SocketAddr| {
                let upstream = Upstream::new(name, &address.into()).unwrap();
                Rc::new(Proxy::new(ProxySettings::new(upstream, key(), Arc::new(TestClock::default()))))
            };
            let (auth, admin) = (proxy("auth", auth_address), proxy("admin", admin_address));
            App::new()
                .configure(|config| {
                    for endpoint in &auth_endpoints {
                        auth.mount(endpoint, config);
                    }
                    for endpoint in &admin_endpoints {
                        admin.mount(endpoint, config);
                    }
                })
                .wrap(layer.clone())
        });
        Self { process, gateway, auth, admin }
    }

    /// Returns the numbers of requests to the auth and the admin service.
    fn reached(&self) -> (usize, usize) {
        (self.auth.requests().len(), self.admin.requests().len())
    }
}

#[actix_web::test]
async fn an_endpoint_belongs_to_the_service_that_describes_it() {
    let split = Split::start().await;
    for (method, target) in [
        ("GET", "/.well-known/jwks.json"),
        ("GET", "/api/auth/me?x=1"),
        ("HEAD", "/api/auth/me"),
        ("GET", "/api/admin/users/alice/sessions"),
        ("DELETE", "/api/admin/users/alice/sessions"),
        ("GET", "/api/admin/users/al%69ce/%73essions"),
    ] {
        let (auth, admin) = split.reached();
        assert_eq!(ask(split.gateway, method, target, "").await.status, 200, "{target}");
        assert_eq!(split.reached(), (auth + 1, admin), "{method} {target}");
    }
    for (method, target) in
        [("GET", "/api/admin/users"), ("GET", "/api/admin/users/sessions"), ("PUT", "/api/admin/users/alice")]
    {
        let (auth, admin) = split.reached();
        assert_eq!(ask(split.gateway, method, target, "").await.status, 200, "{target}");
        assert_eq!(split.reached(), (auth, admin + 1), "{method} {target}");
    }
}

#[actix_web::test]
async fn the_gateway_itself_rejects_unknown_paths_and_methods() {
    let split = Split::start().await;
    for target in [
        "/.well-known/openid-configuration",
        "/.well-known/jwks.json/x",
        "/api/auth/nothing",
        "/api/admin",
        "/api/admin/users/alice/sessionsx",
        "/api/admin/users/alice/sessions/17",
        "/api/admin/users/a%2fsessions",
        "/internal/authenticate",
    ] {
        assert_eq!(ask(split.gateway, "GET", target, "").await.problem().status, 404, "{target}");
    }
    for (method, target, allowed) in [
        ("POST", "/api/auth/me", "GET, HEAD"),
        ("PATCH", "/api/admin/users/alice", "GET, HEAD, PUT"),
        ("PUT", "/api/admin/users/alice/sessions", "GET, HEAD, DELETE"),
    ] {
        let response = ask(split.gateway, method, target, "Content-Length: 0\r\n").await;
        assert_eq!((response.problem().status, response.header("allow")), (405, Some(allowed)), "{method} {target}");
    }
    assert_eq!(split.reached(), (0, 0));
}

#[actix_web::test]
async fn requests_are_counted_by_the_path_of_their_endpoint() {
    let split = Split::start().await;
    for n in 0..10 {
        ask(split.gateway, "GET", &format!("/api/admin/users/u{n}/sessions"), "").await;
        ask(split.gateway, "DELETE", &format!("/api/admin/users/u{n}/sessions"), "").await;
        ask(split.gateway, "GET", &format!("/api/admin/users/u{n}"), "").await;
    }
    let counted = split.process.counted();
    let series: Vec<_> = counted.lines().filter(|line| line.starts_with("steward_http_requests_total")).collect();
    let expected = [
        ("DELETE", "/api/admin/users/{user_id}/sessions"),
        ("GET", "/api/admin/users/{user_id}"),
        ("GET", "/api/admin/users/{user_id}/sessions"),
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
