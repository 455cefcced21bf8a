//! The request layer around an app, over a real connection.

mod common;

use std::sync::Arc;

use actix_web::middleware::DefaultHeaders;
use actix_web::{App, HttpRequest, HttpResponse, get, put, web};
use common::{Process, Response, ask, send};
use steward_contracts::services::{ServiceKey, client_address};
use steward_testkit::{TestClock, the_beginning};
use steward_web::service::Endpoint;
use steward_web::{ApiError, CallerOrigin, HttpError, JsonBody, TrustedProxies, UserNotFound};

const JSON: &str = "Content-Type: application/json\r\n";

#[utoipa::path(responses((status = 200)))]
#[get("/users/{user_id}")]
async fn get_user(path: web::Path<String>) -> Result<String, ApiError> {
    match path.as_str() {
        "unknown" => Err(UserNotFound.into()),
        "broken" => Err(HttpError::Internal("the disk is full".to_owned()).into()),
        "unavailable" => Err(HttpError::Unavailable("the database is unavailable".to_owned()).into()),
        name => Ok(format!("hello {name}")),
    }
}

#[utoipa::path(responses((status = 200)))]
#[put("/users/{user_id}")]
async fn put_user(body: JsonBody) -> Result<HttpResponse, ApiError> {
    body.fields()?.finish(steward_web::Fields::new(serde_json::Map::new()).optional("none", steward_web::boolean))?;
    Ok(HttpResponse::Ok().finish())
}

async fn origin(origin: CallerOrigin) -> String {
    origin.0.ip_address.unwrap_or_default()
}

/// Responds like a handler or a service that allows every cache to store its response.
async fn cacheable() -> HttpResponse {
    HttpResponse::Ok().insert_header(("Cache-Control", "public, max-age=3600")).body("kept")
}

async fn trace(request: HttpRequest) -> String {
    format!("{:?} {:?}", request.headers().get("traceparent"), request.headers().get(client_address::HEADER))
}

fn start(process: &Process) -> std::net::SocketAddr {
    start_with_layer(process, process.layer())
}

fn start_with_layer(process: &Process, layer: steward_web::RequestLayer) -> std::net::SocketAddr {
    process.serve(move || {
        App::new()
            .service(get_user)
            .service(put_user)
            .service(web::resource("/plain").route(web::get().to(|| async { "plain" })).route(web::post().to(trace)))
            .route("/origin", web::get().to(origin))
            .route("/trace", web::get().to(trace))
            .route("/page", web::get().to(cacheable))
            .route("/api/auth/me", web::get().to(cacheable))
            .service(web::scope("/internal").route("/{call}", web::get().to(cacheable)))
            .wrap(layer.clone().with_endpoints(&endpoints()))
    })
}

fn endpoints() -> [Endpoint; 2] {
    [Endpoint::new(|| get_user), Endpoint::new(|| put_user)]
}

#[actix_web::test]
async fn an_api_error_is_a_problem_with_path_and_request_id() {
    let process = Process::new();
    let response = ask(start(&process), "GET", "/users/unknown?x=1", "").await;
    let problem = response.problem();
    assert_eq!((problem.status, problem.instance.as_str()), (404, "/users/unknown"));
    assert_eq!(problem.kind, "urn:steward:problem:user-not-found");
    assert_eq!(problem.detail, "User not found");
}

#[actix_web::test]
async fn a_server_error_does_not_reveal_its_cause() {
    let process = Process::new();
    let address = start(&process);
    let broken = ask(address, "GET", "/users/broken", "").await;
    assert_eq!(broken.problem().status, 500);
    assert!(!broken.body.contains("disk"), "{broken:?}");
    let unavailable = ask(address, "GET", "/users/unavailable", "").await;
    assert_eq!((unavailable.problem().status, unavailable.header("retry-after")), (503, Some("2")));
    assert!(!unavailable.body.contains("database"), "{unavailable:?}");
}

#[actix_web::test]
async fn errors_of_actix_itself_are_problems() {
    let process = Process::new();
    let address = start(&process);
    let nowhere = ask(address, "GET", "/nowhere", "").await;
    assert_eq!((nowhere.problem().status, nowhere.problem().instance.as_str()), (404, "/nowhere"));
    let routed = ask(address, "DELETE", "/plain", "").await;
    assert_eq!((routed.problem().status, routed.header("allow")), (405, Some("GET, POST, HEAD")));
    let guarded = ask(address, "DELETE", "/users/alice", "").await;
    assert_eq!((guarded.problem().status, guarded.header("allow")), (405, Some("GET, HEAD, PUT")));
    let odd = ask(address, "BREW", "/users/alice", "").await;
    assert_eq!(odd.problem().status, 405);
    let options = ask(address, "OPTIONS", "*", "").await;
    assert_eq!(options.problem().status, 404);
}

#[actix_web::test]
async fn a_malformed_request_is_a_problem() {
    let process = Process::new();
    let address = start(&process);
    for head in ["NONSENSE\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"] {
        assert_eq!(send(address, head).await.problem().status, 400, "{head:?}");
    }
    let null = send(address, "GET / HTTP/1.1\r\nHost: test\r\nX-Null: a\0b\r\n\r\n").await;
    assert_eq!(null.problem().status, 400);
    for target in ["/users/a%", "/users/a%zz", "/users/a%00b", "/users/%ff", "/users/a?q=%00"] {
        assert_eq!(ask(address, "GET", target, "").await.problem().status, 400, "{target}");
    }
    assert!(
        process.counted().contains(r#"{method="other",route="unmatched",status="400"} 4"#),
        "{}",
        process.counted()
    );
}

#[actix_web::test]
async fn a_head_with_too_many_headers_is_rejected() {
    let process = Process::new();
    let address = start(&process);
    let many = "X-Again: 1\r\n".repeat(200);
    assert!(matches!(ask(address, "GET", "/plain", &many).await.problem().status, 400 | 431));
}

#[actix_web::test]
async fn bodies_are_bounded_and_must_be_json() {
    let process = Process::new();
    let address = start(&process);
    let put = |headers: &str, body: &str| {
        let length = body.len();
        let request = format!(
            "PUT /users/alice HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        );
        async move { send(address, request).await }
    };
    assert_eq!(put(JSON, "{}").await.status, 200);
    assert_eq!(put("Content-Type: text/plain\r\n", "{}").await.problem().status, 415);
    assert_eq!(put(JSON, "{").await.problem().status, 400);
    assert_eq!(put(JSON, r#"{"surplus": 1}"#).await.problem().errors[0].field, "surplus");
    assert_eq!(put(JSON, &" ".repeat(70_000)).await.problem().status, 413);
}

#[actix_web::test]
async fn head_responds_like_get_without_the_body() {
    let process = Process::new();
    let address = start(&process);
    let get = ask(address, "GET", "/users/alice", "").await;
    let head = ask(address, "HEAD", "/users/alice", "").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-length"), get.header("content-length"));
    assert!(process.counted().contains(r#"{method="HEAD",route="/users/{user_id}",status="200"} 1"#));
}

#[actix_web::test]
async fn a_request_keeps_a_usable_id_and_gets_one_otherwise() {
    let process = Process::new();
    let address = start(&process);
    let kept = ask(address, "GET", "/plain", "X-Request-ID: my.id_1-2\r\n").await;
    assert_eq!(kept.header("x-request-id"), Some("my.id_1-2"));
    let long = format!("X-Request-ID: {}\r\n", "x".repeat(65));
    for unusable in ["", "X-Request-ID: a b\r\n", "X-Request-ID: \"><script>\r\n", long.as_str()] {
        let response = ask(address, "GET", "/plain", unusable).await;
        let id = response.header("x-request-id").unwrap();
        assert!(id.len() > 10 && !unusable.contains(id), "{id}");
    }
}

#[actix_web::test]
async fn every_response_has_security_headers() {
    let process = Process::new();
    let address = start(&process);
    for target in ["/plain", "/nowhere", "/users/%ff"] {
        let response = ask(address, "GET", target, "").await;
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(response.header("x-frame-options"), Some("DENY"));
        assert_eq!(response.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(response.header("cache-control"), Some("no-store"));
        assert!(response.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    }
}

#[actix_web::test]
async fn only_a_valid_signed_client_address_is_trusted() {
    let process = Process::new();
    let key = ServiceKey::new(b"the services' key");
    let clock = Arc::new(TestClock::default());
    let trusting = start_with_layer(&process, process.layer().trust_signed_addresses(key.clone(), clock));
    let untrusting = start(&process);
    let header = |key: &ServiceKey, path: &str| {
        let signature = key.sign_client_address("192.0.2.7".parse().unwrap(), "GET", path, the_beginning());
        format!("{}: {signature}\r\n", client_address::HEADER)
    };
    assert_eq!(ask(trusting, "GET", "/origin", &header(&key, "/origin")).await.body, "192.0.2.7");
    assert_eq!(ask(trusting, "GET", "/origin", &header(&key, "/other")).await.body, "127.0.0.1");
    let forged = header(&ServiceKey::new(b"another key"), "/origin");
    assert_eq!(ask(trusting, "GET", "/origin", &forged).await.body, "127.0.0.1");
    assert_eq!(ask(untrusting, "GET", "/origin", &header(&key, "/origin")).await.body, "127.0.0.1");
    let claims = "X-Forwarded-For: 192.0.2.9\r\nForwarded: for=192.0.2.9\r\nX-Real-IP: 192.0.2.9\r\n";
    assert_eq!(ask(trusting, "GET", "/origin", claims).await.body, "127.0.0.1");
    assert!(ask(trusting, "GET", "/trace", &forged).await.body.ends_with("None"), "handlers do not see the header");
}

#[actix_web::test]
async fn the_client_address_of_a_trusted_proxy_is_trusted() {
    let process = Process::new();
    let proxies = |list| TrustedProxies::parse(list).unwrap();
    let behind = start_with_layer(&process, process.layer().behind(proxies("10.0.0.0/8, 127.0.0.1")));
    for (claims, expected) in [
        ("X-Forwarded-For: 192.0.2.9\r\n", "192.0.2.9"),
        ("X-Forwarded-For: 1.1.1.1, 192.0.2.9, 10.0.0.2\r\n", "192.0.2.9"),
        ("X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 192.0.2.9\r\n", "192.0.2.9"),
        ("Forwarded: for=1.1.1.1, for=\"[2001:db8::9]:4711\";proto=https\r\n", "2001:db8::9"),
        ("X-Forwarded-For: 192.0.2.9\r\nForwarded: for=1.1.1.1\r\n", "192.0.2.9"),
        ("X-Forwarded-For: 192.0.2.9, unknown\r\n", "127.0.0.1"),
        ("X-Real-IP: 192.0.2.9\r\n", "127.0.0.1"),
        ("", "127.0.0.1"),
    ] {
        assert_eq!(ask(behind, "GET", "/origin", claims).await.body, expected, "{claims}");
    }
    let untrusted = start_with_layer(&process, process.layer().behind(proxies("10.0.0.0/8")));
    let claims = "X-Forwarded-For: 192.0.2.9, 10.0.0.2\r\nForwarded: for=192.0.2.9\r\n";
    assert_eq!(ask(untrusted, "GET", "/origin", claims).await.body, "127.0.0.1");
}

#[actix_web::test]
async fn a_signed_client_address_takes_precedence_over_a_forwarded_one() {
    let process = Process::new();
    let key = ServiceKey::new(b"the services' key");
    let proxies = TrustedProxies::parse("127.0.0.1").unwrap();
    let layer = process.layer().behind(proxies).trust_signed_addresses(key.clone(), Arc::new(TestClock::default()));
    let address = start_with_layer(&process, layer);
    let claim = "X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Proto: https\r\n";
    let signed = |path| {
        let signature = key.sign_client_address("192.0.2.7".parse().unwrap(), "GET", path, the_beginning());
        format!("{claim}{}: {signature}\r\n", client_address::HEADER)
    };
    let response = ask(address, "GET", "/origin", &signed("/origin")).await;
    assert_eq!(response.body, "192.0.2.7");
    assert!(response.header("strict-transport-security").is_some(), "the proxy's other headers still count");
    assert_eq!(ask(address, "GET", "/origin", &signed("/other")).await.body, "192.0.2.9");
    assert_eq!(ask(address, "GET", "/origin", claim).await.body, "192.0.2.9");
    assert!(
        ask(address, "GET", "/trace", &signed("/trace")).await.body.ends_with("None"),
        "handlers do not see the header"
    );
}

#[actix_web::test]
async fn a_service_leaves_the_response_headers_to_the_gateway() {
    let process = Process::new();
    let key = ServiceKey::new(b"the services' key");
    let layer = process.layer().trust_signed_addresses(key.clone(), Arc::new(TestClock::default()));
    let (gateway, service) =
        (start_with_layer(&process, layer.clone()), start_with_layer(&process, layer.behind_gateway()));
    let header = |key: &ServiceKey| {
        let signature = key.sign_client_address("192.0.2.7".parse().unwrap(), "GET", "/users/unknown", the_beginning());
        format!("{}: {signature}\r\n", client_address::HEADER)
    };
    let (signed, forged) = (header(&key), header(&ServiceKey::new(b"another key")));
    for (address, headers, has_headers) in [
        (service, signed.as_str(), false),
        (service, &forged, true),
        (service, "", true),
        (gateway, &signed, true),
        (gateway, "", true),
    ] {
        let response = ask(address, "GET", "/users/unknown", headers).await;
        assert_eq!(response.status, 404);
        for name in ["x-request-id", "x-content-type-options", "cache-control", "content-security-policy"] {
            assert_eq!(response.header(name).is_some(), has_headers, "{name}: {response:?}");
        }
    }
}

#[actix_web::test]
async fn responses_over_tls_have_strict_transport_security() {
    let process = Process::new();
    let behind = start_with_layer(&process, process.layer().behind(TrustedProxies::parse("127.0.0.0/8").unwrap()));
    let hsts = |response: &Response| response.header("strict-transport-security").map(str::to_owned);
    for target in ["/plain", "/nowhere", "/users/%ff", "/users/broken"] {
        let response = ask(behind, "GET", target, "X-Forwarded-Proto: https\r\n").await;
        assert_eq!(hsts(&response).as_deref(), Some("max-age=31536000; includeSubDomains"), "{target}");
    }
    assert!(hsts(&ask(behind, "GET", "/plain", "Forwarded: for=192.0.2.1;proto=https\r\n").await).is_some());
    assert_eq!(hsts(&ask(behind, "GET", "/plain", "X-Forwarded-Proto: http\r\n").await), None);
    assert_eq!(hsts(&ask(behind, "GET", "/plain", "").await), None);
    let direct = start(&process);
    assert_eq!(hsts(&ask(direct, "GET", "/plain", "X-Forwarded-Proto: https\r\n").await), None);
}

#[actix_web::test]
async fn personal_data_is_never_cacheable() {
    let process = Process::new();
    let address = start(&process);
    for target in ["/api/auth/me", "/%61pi/auth/me", "/internal/authenticate", "/api/nothing"] {
        assert_eq!(ask(address, "GET", target, "").await.header("cache-control"), Some("no-store"), "{target}");
    }
    assert_eq!(ask(address, "GET", "/page", "").await.header("cache-control"), Some("public, max-age=3600"));
}

#[actix_web::test]
async fn headers_of_middleware_are_kept_on_errors() {
    let process = Process::new();
    let layer = process.layer();
    let address = process.serve(move || {
        let marks = DefaultHeaders::new().add(("X-Mark", "1"));
        let failing = || async { Err::<HttpResponse, _>(ApiError::from(HttpError::Unauthenticated)) };
        App::new()
            .service(get_user)
            .route("/failing", web::get().to(failing))
            .wrap(marks)
            .wrap(layer.clone().with_endpoints(&[Endpoint::new(|| get_user)]))
    });
    for (method, target, status) in [("GET", "/failing", 401), ("GET", "/nowhere", 404), ("PUT", "/users/alice", 405)] {
        let response = ask(address, method, target, "").await;
        assert_eq!(response.problem().status, status);
        assert_eq!(response.header("x-mark"), Some("1"), "{response:?}");
    }
}

#[actix_web::test]
async fn a_trace_context_is_kept_only_if_valid() {
    let process = Process::new();
    let address = start(&process);
    let valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let kept = ask(address, "GET", "/trace", &format!("traceparent: {valid}\r\n")).await;
    assert!(kept.body.contains(valid), "{kept:?}");
    assert!(ask(address, "GET", "/trace", "traceparent: nonsense\r\n").await.body.starts_with("None"));
}

#[actix_web::test]
async fn the_number_of_series_does_not_depend_on_clients() {
    let process = Process::new();
    let address = start(&process);
    for n in 0..50 {
        ask(address, "GET", &format!("/users/user{n}"), "").await;
        ask(address, "GET", &format!("/nowhere/{n}"), "").await;
        ask(address, &format!("M{n}"), "/plain", "").await;
    }
    let counted = process.counted();
    let series: Vec<_> = counted.lines().filter(|line| line.starts_with("steward_http_requests_total")).collect();
    assert_eq!(
        series,
        [
            r#"steward_http_requests_total{method="GET",route="/users/{user_id}",status="200"} 50"#,
            r#"steward_http_requests_total{method="GET",route="unmatched",status="404"} 50"#,
            r#"steward_http_requests_total{method="other",route="/plain",status="405"} 50"#,
        ]
    );
}
