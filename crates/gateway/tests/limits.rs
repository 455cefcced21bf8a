//! The limits in front of an app over real connections, with local and remote services.

#![allow(clippy::unwrap_used, reason = "a failed step must fail the test")]

mod common;

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use actix_web::http::Method;
use actix_web::{App, HttpResponse};
use async_trait::async_trait;
use chrono::TimeDelta;
use common::{OK, Process, Response, ask, endpoint, key, service};
use steward_domain::Quota;
use steward_domain::ports::{Charge, RateLimiter, StoreError, Verdict};
use steward_ephemeral::Memory;
use steward_gateway::{LimitSettings, Limits, Proxy, ProxySettings, Upstream};
use steward_testkit::TestClock;
use steward_web::service::{Endpoint, RateLimitClass};
use steward_web::{ApiError, HttpError, TrustedProxies};

/// A limiter that counts its calls and can fail.
struct Observed {
    memory: Memory,
    fails: AtomicBool,
    calls: AtomicUsize,
}

#[async_trait]
impl RateLimiter for Observed {
    async fn check(&self, charges: &[Charge<'_>]) -> Result<Vec<Verdict>, StoreError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if self.fails.load(Ordering::Relaxed) {
            return Err(StoreError::unavailable("no limiter"));
        }
        self.memory.check(charges).await
    }
}

struct Edge {
    process: Process,
    clock: Arc<TestClock>,
    limiter: Arc<Observed>,
    limits: Limits,
}

impl Edge {
    fn new(settings: &LimitSettings) -> Self {
        let (process, clock) = (Process::new(), Arc::new(TestClock::default()));
        let memory = Memory::new(clock.clone());
        let limiter = Arc::new(Observed { memory, fails: AtomicBool::new(false), calls: AtomicUsize::new(0) });
        let limits = Limits::new(settings, &endpoints(), limiter.clone(), &process.metrics).unwrap();
        Self { process, clock, limiter, limits }
    }

    /// Starts a process with local services, behind a trusted proxy on loopback.
    fn start(&self) -> SocketAddr {
        let layer = self.process.layer().behind(TrustedProxies::parse("127.0.0.1").unwrap());
        let limits = self.limits.clone();
        self.process.serve(move || {
            App::new()
                .configure(|config| endpoints().iter().for_each(|endpoint| endpoint.mount(config)))
                .wrap(limits.clone())
                .wrap(layer.clone())
        })
    }
}

fn endpoints() -> Vec<Endpoint> {
    let fine = |method, path| Endpoint::undocumented(method, path, || async { "fine" });
    let unauthenticated = || async { Err::<HttpResponse, _>(ApiError::from(HttpError::Unauthenticated)) };
    vec![
        fine(Method::POST, "/api/auth/login").limited(RateLimitClass::Login),
        fine(Method::POST, "/api/auth/register").limited(RateLimitClass::Register),
        fine(Method::GET, "/api/auth/me"),
        Endpoint::undocumented(Method::GET, "/api/auth/denied", unauthenticated),
        fine(Method::GET, "/health").unlimited(),
        fine(Method::GET, "/docs").unlimited(),
    ]
}

fn only(rule: impl FnOnce(&mut LimitSettings)) -> LimitSettings {
    let mut settings = LimitSettings::off();
    rule(&mut settings);
    settings
}

fn quota(text: &str) -> Option<Quota> {
    Quota::parse_or_off(text).unwrap()
}

fn from(address: &str) -> String {
    format!("X-Forwarded-For: {address}\r\n")
}

fn limit(response: &Response) -> [Option<&str>; 3] {
    ["ratelimit", "ratelimit-policy", "retry-after"].map(|name| response.header(name))
}

#[actix_web::test]
async fn responses_contain_the_remaining_requests_and_refusals_the_wait() {
    let edge = Edge::new(&only(|settings| settings.login = quota("2/min")));
    let address = edge.start();
    let policy = Some("\"login\";q=2;w=60");
    let first = ask(address, "POST", "/api/auth/login", "").await;
    assert_eq!((first.status, limit(&first)), (200, [Some("\"login\";r=1;t=30"), policy, None]));
    let second = ask(address, "POST", "/api/auth/login", "").await;
    assert_eq!((second.status, limit(&second)), (200, [Some("\"login\";r=0;t=60"), policy, None]));

    edge.clock.advance(TimeDelta::milliseconds(500));
    let third = ask(address, "POST", "/api/auth/login", "").await;
    assert_eq!((third.status, limit(&third)), (429, [Some("\"login\";r=0;t=60"), policy, Some("30")]));
    let problem = third.problem();
    assert_eq!(problem.kind, "urn:steward:problem:rate-limited");
    assert_eq!(problem.detail, "Too many requests, please try again in 30 s");
    assert_eq!(third.header("x-frame-options"), Some("DENY"));

    edge.clock.advance(TimeDelta::seconds(30));
    assert_eq!(
        ask(address, "POST", "/api/auth/login", "").await.status,
        200,
        "the request after the reported wait is allowed"
    );
    let counted = edge.process.counted();
    assert!(counted.contains("steward_rate_limited_requests_total{rule=\"login\"} 1\n"), "{counted}");
    let refused = "{method=\"POST\",route=\"/api/auth/login\",status=\"429\"} 1\n";
    assert!(counted.contains(refused), "{counted}");
}

#[actix_web::test]
async fn each_rule_counts_its_own_requests() {
    let edge = Edge::new(&only(|settings| settings.login = quota("1/min")));
    let address = edge.start();
    assert_eq!(ask(address, "POST", "/api/auth/login", "").await.status, 200);
    assert_eq!(ask(address, "POST", "/api/auth/login", "").await.status, 429);
    for (method, target) in [("POST", "/api/auth/register"), ("GET", "/api/auth/me"), ("GET", "/api/auth/login")] {
        let response = ask(address, method, target, "").await;
        assert_ne!(response.status, 429, "{target}");
        assert_eq!(limit(&response), [None; 3], "{target}");
    }
}

#[actix_web::test]
async fn no_spelling_of_a_path_bypasses_its_rule() {
    let edge = Edge::new(&only(|settings| settings.login = quota("1/hour")));
    let address = edge.start();
    assert_eq!(ask(address, "POST", "/api/auth/login", "").await.status, 200);
    for target in ["/api/auth/%6Cogin", "/%61pi/auth/login", "/api/auth/%6c%6f%67%69%6e", "/api/auth/login?x=1"] {
        let response = ask(address, "POST", target, "").await;
        assert_eq!(response.status, 429, "{target} reaches the login");
    }
    // The router does not match these paths either.
    for target in ["/api/auth/login/", "/api/auth/Login", "//api/auth/login", "/api/auth/x/../login"] {
        assert_eq!(ask(address, "POST", target, "").await.status, 404, "{target}");
    }
}

#[actix_web::test]
async fn addresses_are_counted_separately_and_cannot_be_forged() {
    let edge = Edge::new(&only(|settings| settings.api_address = quota("1/hour")));
    let address = edge.start();
    let me = |headers: String| async move { ask(address, "GET", "/api/auth/me", &headers).await.status };
    assert_eq!(me(from("192.0.2.1")).await, 200);
    assert_eq!(me(from("192.0.2.1")).await, 429);
    assert_eq!(me(from("192.0.2.2")).await, 200);
    assert_eq!(me(from("::ffff:192.0.2.2")).await, 429, "the same address in another form");
    for n in 0..10 {
        assert_eq!(me(from(&format!("203.0.113.{n}, 192.0.2.1"))).await, 429, "the client's own entries are ignored");
        assert_eq!(me(format!("X-Forwarded-For: 192.0.2.1\r\nForwarded: for=203.0.113.{n}\r\n")).await, 429);
    }
    assert_eq!(me(from("2001:db8:1:2::1")).await, 200);
    assert_eq!(me(from("2001:db8:1:2:ffff::9")).await, 429, "the whole /64 belongs to one subscriber");
    assert_eq!(me(from("2001:db8:1:3::1")).await, 200);
}

#[actix_web::test]
async fn without_a_trusted_proxy_the_connection_is_counted() {
    let edge = Edge::new(&only(|settings| settings.api_address = quota("1/hour")));
    let (layer, limits) = (edge.process.layer(), edge.limits.clone());
    let address = edge.process.serve(move || {
        App::new()
            .configure(|config| endpoints().iter().for_each(|endpoint| endpoint.mount(config)))
            .wrap(limits.clone())
            .wrap(layer.clone())
    });
    assert_eq!(ask(address, "GET", "/api/auth/me", &from("192.0.2.1")).await.status, 200);
    for n in 0..5 {
        let claims =
            format!("{}Forwarded: for=192.0.2.{n}\r\nX-Real-IP: 192.0.2.{n}\r\n", from(&format!("192.0.2.{n}")));
        assert_eq!(ask(address, "GET", "/api/auth/me", &claims).await.status, 429);
    }
}

#[actix_web::test]
async fn a_token_is_counted_wherever_it_is_used() {
    let edge = Edge::new(&only(|settings| settings.api_token = quota("2/hour")));
    let address = edge.start();
    let me = |token: &str, from: String| {
        let headers = format!("Authorization: Bearer {token}\r\n{from}");
        async move { ask(address, "GET", "/api/auth/me", &headers).await.status }
    };
    assert_eq!(me("one", from("192.0.2.1")).await, 200);
    assert_eq!(me("one", from("192.0.2.2")).await, 200);
    assert_eq!(me("one", from("192.0.2.3")).await, 429);
    assert_eq!(me("two", from("192.0.2.3")).await, 200);
    assert_eq!(limit(&ask(address, "GET", "/api/auth/me", "").await), [None; 3], "the rule requires a token");
}

#[actix_web::test]
async fn all_rules_of_a_request_are_checked_at_once_and_a_refusal_charges_none() {
    let edge =
        Edge::new(&LimitSettings { login: quota("1/hour"), api_address: quota("3/hour"), ..LimitSettings::strict() });
    let address = edge.start();
    let token = "Authorization: Bearer t\r\n";
    let first = ask(address, "POST", "/api/auth/login", token).await;
    let all = "\"api_address\";r=2;t=1200, \"api_token\";r=5999;t=1, \"login\";r=0;t=3600";
    assert_eq!(first.header("ratelimit"), Some(all));
    let policy = "\"api_address\";q=3;w=3600, \"api_token\";q=6000;w=60, \"login\";q=1;w=3600";
    assert_eq!(first.header("ratelimit-policy"), Some(policy));
    for _ in 0..5 {
        assert_eq!(ask(address, "POST", "/api/auth/login", token).await.header("retry-after"), Some("3600"));
    }
    assert_eq!(edge.limiter.calls.load(Ordering::Relaxed), 6);
    assert_eq!(ask(address, "GET", "/api/auth/me", "").await.status, 200, "the refused requests charged nothing");
    let counted = edge.process.counted();
    assert!(counted.contains("steward_rate_limited_requests_total{rule=\"login\"} 5\n"), "{counted}");
    assert!(counted.contains("steward_rate_limited_requests_total{rule=\"api_address\"} 0\n"), "{counted}");
}

#[actix_web::test]
async fn errors_of_the_app_contain_the_remaining_requests() {
    let edge = Edge::new(&only(|settings| settings.api_address = quota("9/min")));
    let address = edge.start();
    for (target, status) in [("/api/auth/denied", 401), ("/api/nothing", 404)] {
        let response = ask(address, "GET", target, "").await;
        assert_eq!(response.problem().status, status);
        assert_eq!(response.header("ratelimit-policy"), Some("\"api_address\";q=9;w=60"), "{response:?}");
        assert!(response.header("ratelimit").is_some(), "{response:?}");
    }
}

#[actix_web::test]
async fn health_and_documentation_are_unlimited() {
    let edge = Edge::new(&only(|settings| settings.api_address = quota("1/hour")));
    let address = edge.start();
    assert_eq!(ask(address, "GET", "/api/auth/me", "").await.status, 200);
    for target in ["/health", "/docs", "/health", "/docs"] {
        let response = ask(address, "GET", target, "").await;
        assert_eq!((response.status, limit(&response)), (200, [None; 3]), "{target}");
    }
    assert_eq!(ask(address, "GET", "/api/auth/me", "").await.status, 429);
    assert_eq!(edge.limiter.calls.load(Ordering::Relaxed), 2);
}

#[actix_web::test]
async fn the_limiter_is_not_called_without_limits() {
    let edge = Edge::new(&LimitSettings::off());
    let response = ask(edge.start(), "GET", "/api/auth/me", "").await;
    assert_eq!((response.status, limit(&response)), (200, [None; 3]));
    assert_eq!(edge.limiter.calls.load(Ordering::Relaxed), 0);
}

#[actix_web::test]
async fn a_failing_limiter_refuses_no_request() {
    let edge = Edge::new(&only(|settings| settings.login = quota("1/hour")));
    let address = edge.start();
    edge.limiter.fails.store(true, Ordering::Relaxed);
    for _ in 0..3 {
        let response = ask(address, "POST", "/api/auth/login", "").await;
        assert_eq!((response.status, limit(&response)), (200, [None; 3]));
    }
    edge.limiter.fails.store(false, Ordering::Relaxed);
    assert_eq!(ask(address, "POST", "/api/auth/login", "").await.status, 200);
    assert_eq!(
        ask(address, "POST", "/api/auth/login", "").await.status,
        429,
        "the limits apply again after the limiter recovers"
    );
}

#[actix_web::test]
async fn a_refused_request_does_not_reach_a_remote_service() {
    let edge = Edge::new(&only(|settings| settings.login = quota("1/hour")));
    let (upstream, log) = service(|connection| connection.always(OK)).await;
    let upstream = Upstream::new("auth", &upstream.into()).unwrap();
    let settings = ProxySettings::new(upstream, key(), edge.clock.clone());
    let (layer, limits) = (edge.process.layer(), edge.limits.clone());
    let address = edge.process.serve(move || {
        let proxy = Rc::new(Proxy::new(settings.clone()));
        App::new()
            .configure(|config| proxy.mount(&endpoint(Method::POST, "/api/auth/login"), config))
            .wrap(limits.clone())
            .wrap(layer.clone())
    });
    let first = ask(address, "POST", "/api/auth/login", "").await;
    assert_eq!((first.status, first.header("ratelimit")), (200, Some("\"login\";r=0;t=3600")));
    for target in ["/api/auth/login", "/api/auth/%6Cogin"] {
        assert_eq!(ask(address, "POST", target, "").await.problem().status, 429, "{target}");
    }
    assert_eq!(log.requests().len(), 1);
}

#[actix_web::test]
async fn the_number_of_series_does_not_depend_on_clients() {
    let edge = Edge::new(&only(|settings| settings.api_address = quota("1/hour")));
    let address = edge.start();
    for n in 0..40 {
        ask(address, "GET", &format!("/api/{n}"), &from(&format!("192.0.2.{}", n % 20))).await;
    }
    let counted = edge.process.counted();
    let series: Vec<_> = counted.lines().filter(|line| line.starts_with("steward_rate_limited")).collect();
    assert_eq!(series.len(), 7, "one for each rule: {series:?}");
    assert!(series.contains(&"steward_rate_limited_requests_total{rule=\"api_address\"} 20"), "{series:?}");
}
