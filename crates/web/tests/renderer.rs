//! An endpoint that renders its errors in the form of RFC 6749, 5.2, beside endpoints with problems.

#![allow(clippy::unwrap_used, reason = "a failed step must fail the test")]

mod common;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::ErrorInternalServerError;
use actix_web::http::header::PRAGMA;
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::{Next, from_fn};
use actix_web::{App, Error, HttpResponse, HttpResponseBuilder};
use common::{Process, Response, ask, send};
use serde_json::{Value, json};
use steward_contracts::Problem;
use steward_web::service::Endpoint;
use steward_web::{ApiError, Fields, HttpError, IntoProblem, JsonBody, ProblemRenderer, text};

/// An error of a token endpoint.
enum TokenError {
    InvalidGrant,
}

impl IntoProblem for TokenError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::InvalidGrant => ApiError::new(
                StatusCode::BAD_REQUEST,
                "invalid_grant",
                "Invalid grant",
                "The authorization code has expired",
            ),
        }
    }
}

fn render_oauth(problem: &Problem, mut response: HttpResponseBuilder) -> HttpResponse {
    let error = match (problem.status, problem.code()) {
        (_, code @ "invalid_grant") => code,
        (401, _) => "invalid_client",
        (500.., _) => "server_error",
        _ => "invalid_request",
    };
    if problem.status == 422 {
        response.status(StatusCode::BAD_REQUEST);
    }
    response.insert_header((PRAGMA, "no-cache")).json(json!({ "error": error, "error_description": problem.detail }))
}

async fn token(body: JsonBody) -> Result<HttpResponse, ApiError> {
    let mut fields: Fields = body.fields()?;
    let code = fields.required("code", text(|text| Ok(text.to_owned())));
    match &*fields.finish(code)? {
        "expired" => Err(TokenError::InvalidGrant.into()),
        "broken" => Err(HttpError::Internal("the disk is full".to_owned()).into()),
        "busy" => Err(HttpError::Unavailable("the database is unavailable".to_owned()).into()),
        "anonymous" => Err(HttpError::Unauthenticated.into()),
        _ => Ok(HttpResponse::Ok().json(json!({ "access_token": "a" }))),
    }
}

/// A middleware that returns an error instead of a response.
async fn fail_on_demand<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    if request.headers().contains_key("x-fail") {
        return Err(ErrorInternalServerError("the disk is full"));
    }
    next.call(request).await
}

fn start(process: &Process) -> std::net::SocketAddr {
    let endpoints = [
        Endpoint::undocumented(Method::POST, "/oauth2/token", token).rendered_by(ProblemRenderer(render_oauth)),
        Endpoint::undocumented(Method::POST, "/token", token),
    ];
    let layer = process.layer().with_endpoints(&endpoints);
    process.serve(move || {
        App::new()
            .configure(|config| endpoints.iter().for_each(|endpoint| endpoint.mount(config)))
            .wrap(from_fn(fail_on_demand))
            .wrap(layer.clone())
    })
}

async fn post(address: std::net::SocketAddr, path: &str, body: &Value) -> Response {
    let body = body.to_string();
    let head = format!("POST {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Type: application/json");
    send(address, format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())).await
}

#[actix_web::test]
async fn an_endpoint_renders_every_error_in_its_own_form() {
    let process = Process::new();
    let address = start(&process);
    for (code, status, error, description) in [
        (json!("expired"), 400, "invalid_grant", "The authorization code has expired"),
        (json!(null), 400, "invalid_request", "code: must be text"),
        (json!("anonymous"), 401, "invalid_client", "Could not validate credentials"),
        (json!("broken"), 500, "server_error", "An internal error occurred"),
        (json!("busy"), 503, "server_error", "The service is temporarily unavailable, please try again"),
    ] {
        let response = post(address, "/oauth2/token", &json!({ "code": code })).await;
        assert_eq!((response.status, response.header("content-type")), (status, Some("application/json")), "{code}");
        let body: Value = serde_json::from_str(&response.body).unwrap();
        assert_eq!(body, json!({ "error": error, "error_description": description }), "{code}");
        assert_eq!((response.header("cache-control"), response.header("pragma")), (Some("no-store"), Some("no-cache")));
        assert_eq!(response.header("www-authenticate"), (status == 401).then_some("Bearer"));
        assert_eq!(response.header("retry-after"), (status == 503).then_some("2"));
        assert!(response.header("x-request-id").is_some() && response.header("x-frame-options").is_some());
    }
    assert_eq!(post(address, "/oauth2/token", &json!({ "code": "valid" })).await.status, 200);
    for (method, path, headers, status, allow, error) in [
        ("GET", "/oauth2/token", "", 405, Some("POST"), "invalid_request"),
        ("GET", "/oauth2/%74oken", "", 405, Some("POST"), "invalid_request"),
        ("POST", "/oauth2/token", "Content-Encoding: gzip\r\nContent-Length: 0\r\n", 415, None, "invalid_request"),
        ("POST", "/oauth2/token?x=%zz", "Content-Length: 0\r\n", 400, None, "invalid_request"),
        ("POST", "/oauth2/token", "X-Fail: 1\r\n", 500, None, "server_error"),
    ] {
        let response = ask(address, method, path, headers).await;
        assert_eq!((response.status, response.header("allow")), (status, allow), "{path}");
        let body: Value = serde_json::from_str(&response.body).unwrap();
        assert_eq!(body["error"], error, "{path}");
    }
}

#[actix_web::test]
async fn other_paths_have_problems() {
    let process = Process::new();
    let address = start(&process);
    let problem = post(address, "/token", &json!({ "code": "expired" })).await.problem();
    assert_eq!((problem.status, problem.code()), (400, "invalid_grant"));
    for path in ["/nothing", "/oauth2/nothing"] {
        assert_eq!(ask(address, "GET", path, "").await.problem().status, 404, "{path}");
    }
}
