//! HTTP requests to the service through the request layer. Checks that the OpenAPI document lists the status of each
//! response. The access token of a user is the user id.

use std::rc::Rc;
use std::sync::Arc;

use actix_web::App;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use async_trait::async_trait;
use serde_json::Value;
use steward_contracts::services::{AuthenticateError, Authenticator};
use steward_domain::ports::{Sessions, Users};
use steward_domain::{AuthenticatedSession, UserId};
use steward_testkit::{TestIds, at};
use steward_web::{Metrics, RequestIds, RequestLayer, SharedAuthenticator};
use utoipa::openapi::OpenApi;
use utoipa_actix_web::AppExt;

use super::TestApp;

pub(crate) struct TestResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The body as JSON; null if it is no JSON.
    pub(crate) body: Value,
}

impl TestResponse {
    /// Returns the fields in `errors`.
    pub(crate) fn wrong_fields(&self) -> Vec<&str> {
        self.body["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect()
    }

    /// Returns the user ids in `items`.
    pub(crate) fn user_ids(&self) -> Vec<&str> {
        self.body["items"].as_array().unwrap().iter().map(|item| item["user_id"].as_str().unwrap()).collect()
    }
}

impl TestApp {
    /// Sends a request with the token of `caller`.
    pub(crate) async fn call(&self, caller: &str, request: TestRequest) -> TestResponse {
        self.send(request.insert_header(("authorization", format!("Bearer {caller}")))).await
    }

    /// Sends a request without adding a token.
    pub(crate) async fn send(&self, request: TestRequest) -> TestResponse {
        let authenticator: SharedAuthenticator =
            Rc::new(ByUserId(Arc::clone(&self.service.users), self.sessions.clone()));
        let endpoints = crate::description().endpoints;
        let spec = App::new()
            .into_utoipa_app()
            .configure(|config| endpoints.iter().for_each(|endpoint| endpoint.register_openapi(config)))
            .split_for_parts()
            .1;
        let layer = RequestLayer::new(Arc::new(RequestIds::new(&TestIds::default())), Metrics::new().unwrap().http());
        let app = init_service(
            App::new()
                .configure(crate::http::add_data(Rc::clone(&self.service)))
                .configure(|config| endpoints.iter().for_each(|endpoint| endpoint.mount(config)))
                .app_data(authenticator)
                .wrap(layer.with_endpoints(&endpoints)),
        )
        .await;

        let response = call_service(&app, request.peer_addr(([192, 0, 2, 7], 4711).into()).to_request()).await;
        let (status, headers) = (response.status(), response.headers().clone());
        if let Some(path) = response.request().match_pattern()
            && status != StatusCode::METHOD_NOT_ALLOWED
        {
            assert_documented(&spec, &path, response.request().method().as_str(), status);
        }
        let body = serde_json::from_slice(&read_body(response).await).unwrap_or_default();
        TestResponse { status: status.as_u16(), headers, body }
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

struct ByUserId(Arc<dyn Users>, Arc<dyn Sessions>);

#[async_trait(?Send)]
impl Authenticator for ByUserId {
    async fn authenticate(&self, token: &str) -> Result<AuthenticatedSession, AuthenticateError> {
        let user_id = UserId::parse(token).map_err(|_| AuthenticateError::Invalid)?;
        let user = self.0.find(&user_id, at(0)).await.unwrap().ok_or(AuthenticateError::Invalid)?.user;
        let id = super::session_of(&*self.1, &user).await;
        Ok(AuthenticatedSession::new(id, user, at(3660), at(60)))
    }
}

pub(crate) fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path)
}

pub(crate) fn post(path: &str) -> TestRequest {
    TestRequest::post().uri(path)
}

pub(crate) fn put(path: &str, body: &Value) -> TestRequest {
    TestRequest::put().uri(path).set_json(body)
}
