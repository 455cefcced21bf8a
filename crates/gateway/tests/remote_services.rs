//! A gateway in front of two remote services.

#![allow(clippy::unwrap_used, reason = "a failed step must fail the test")]

mod common;

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::App;
use actix_web::http::Method;
use common::{Log, OK, Process, ask, endpoint, key, service};
use steward_contracts::services::client_address;
use steward_domain::Quota;
use steward_ephemeral::Memory;
use steward_gateway::{LimitSettings, Limits, Proxy, ProxySettings, Upstream};
use steward_testkit::{TestClock, the_beginning};
use steward_web::service::{Endpoint, RateLimitClass};
use steward_web::{ProblemRenderer, TrustedProxies};

fn list_auth_endpoints() -> Vec<Endpoint> {
    vec![
        endpoint(Method::GET, "/.well-known/jwks.json"),
        endpoint(Method::GET, "/api/auth/me"),
        endpoint(Method::GET, "/api/admin/users/{user_id}/sessions"),
        endpoint(Method::DELETE, "/api/admin/users/{user_id}/sessions"),
    ]
}

fn list_admin_endpoints() -> Vec<Endpoint> {
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
        let (auth_endpoints, admin_endpoints) = (list_auth_endpoints(), list_admin_endpoints());
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

#[actix_web::test]
async fn errors_of_the_gateway_have_the_form_of_the_endpoint() {
    let process = Process::new();
    let (address, _) = service(|mut connection| async move {
        while let Some(request) = connection.request().await {
            if request.starts_with("POST /oauth2/close") {
                break;
            }
        }
    })
    .await;
    let code_only =
        ProblemRenderer(|problem, mut response| response.content_type("text/plain").body(problem.code().to_owned()));
    let endpoints = ["/oauth2/close", "/oauth2/wait", "/oauth2/unreachable", "/oauth2/limited"]
        .map(|path| endpoint(Method::POST, path).rendered_by(code_only).limited(RateLimitClass::Login));
    let clock = Arc::new(TestClock::default());
    let limits = LimitSettings { login: Quota::parse_or_off("3/min").unwrap(), ..LimitSettings::off() };
    let limiter = Arc::new(Memory::new(clock.clone()));
    let limits = Limits::new(&limits, &endpoints, limiter, &process.metrics).unwrap();
    let layer = process.layer().with_endpoints(&endpoints);
    let gateway = process.serve(move || {
        let proxy = |address: SocketAddr| {
            let settings = ProxySettings::new(Upstream::new("auth", &address.into()).unwrap(), key(), clock.clone());
            Rc::new(Proxy::new(ProxySettings { deadline: Duration::from_secs(1), ..settings }))
        };
        let (scripted, unreachable) = (proxy(address), proxy(([127, 0, 0, 2], address.port()).into()));
        App::new()
            .configure(|config| {
                for endpoint in &endpoints {
                    let proxy = if endpoint.path().ends_with("unreachable") { &unreachable } else { &scripted };
                    proxy.mount(endpoint, config);
                }
            })
            .wrap(limits.clone())
            .wrap(layer.clone())
    });
    for (method, target, status, code) in [
        ("POST", "/oauth2/close", 502, "bad-gateway"),
        ("POST", "/oauth2/wait", 504, "gateway-timeout"),
        ("POST", "/oauth2/unreachable", 503, "unavailable"),
        ("POST", "/oauth2/limited", 429, "rate-limited"),
        ("GET", "/oauth2/limited", 405, "method-not-allowed"),
    ] {
        let response = ask(gateway, method, target, "Content-Length: 0\r\n").await;
        assert_eq!((response.status, response.body.as_str()), (status, code), "{method} {target}");
        assert_eq!(response.header("content-type"), Some("text/plain"), "{method} {target}");
    }
    assert_eq!(ask(gateway, "GET", "/oauth2/nothing", "").await.problem().status, 404);
}
