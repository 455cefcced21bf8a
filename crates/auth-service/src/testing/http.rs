//! HTTP requests to the service through the request layer. Checks that the OpenAPI document lists the status of each
//! response.

use std::rc::Rc;
use std::sync::Arc;

use actix_web::App;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Bytes;
use serde_json::Value;
use steward_testkit::TestIds;
use steward_web::{Metrics, RequestIds, RequestLayer, SharedAuthenticator};
use utoipa::openapi::OpenApi;
use utoipa_actix_web::AppExt;

use super::TestApp;

pub(crate) struct TestResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The body as it was sent.
    pub(crate) bytes: Bytes,
    /// The body as JSON; null if it is no JSON.
    pub(crate) body: Value,
}

impl TestApp {
    pub(crate) async fn call(&self, request: TestRequest) -> TestResponse {
        let authenticator: SharedAuthenticator = Rc::new(Arc::clone(&self.service));
        let endpoints = crate::description().endpoints;
        let spec = App::new()
            .into_utoipa_app()
            .configure(|config| endpoints.iter().for_each(|endpoint| endpoint.register_openapi(config)))
            .split_for_parts()
            .1;
        let layer = RequestLayer::new(Arc::new(RequestIds::new(&TestIds::default())), Metrics::new().unwrap().http());
        let app = init_service(
            App::new()
                .configure(crate::http::add_data(Arc::clone(&self.service)))
                .configure(|config| endpoints.iter().for_each(|endpoint| endpoint.mount(config)))
                .app_data(authenticator)
                .wrap(layer.with_endpoints(&endpoints)),
        )
        .await;

        let response = call_service(&app, request.peer_addr(([192, 0, 2, 7], 4711).into()).to_request()).await;
        let (status, headers) = (response.status(), response.headers().clone());
        if status != StatusCode::NOT_FOUND && status != StatusCode::METHOD_NOT_ALLOWED {
            let request = response.request();
            assert_documented(&spec, &request.match_pattern().unwrap(), request.method().as_str(), status);
        }
        let bytes = read_body(response).await;
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        TestResponse { status: status.as_u16(), headers, bytes, body }
    }
}

fn assert_documented(spec: &OpenApi, path: &str, method: &str, status: StatusCode) {
    let item = spec.paths.paths.get(path).expect("the path must be documented");
    let operation = match method {
        "GET" => &item.get,
        "PUT" => &item.put,
        "DELETE" => &item.delete,
        _ => &item.post,
    };
    let responses = &operation.as_ref().expect("the operation must be documented").responses.responses;
    assert!(responses.contains_key(status.as_str()), "{method} {path} does not document {status}");
}

pub(crate) fn post(path: &str) -> TestRequest {
    TestRequest::post().uri(path)
}

pub(crate) fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path)
}

pub(crate) fn put(path: &str) -> TestRequest {
    TestRequest::put().uri(path)
}

pub(crate) fn delete(path: &str) -> TestRequest {
    TestRequest::delete().uri(path)
}

pub(crate) fn with_token(request: TestRequest, token: &str) -> TestRequest {
    request.insert_header(("authorization", format!("Bearer {token}")))
}
