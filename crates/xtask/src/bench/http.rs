//! The requests that are not measured.

use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;

use super::BenchError;

/// The body of a sign-in.
pub(super) fn credentials(user_id: &str, password: &str) -> String {
    json!({ "user_id": user_id, "password": password }).to_string()
}

/// Signs in and returns the token.
pub(super) fn login(base: &str, user_id: &str, password: &str) -> Result<String, BenchError> {
    let url = format!("{base}/api/auth/login");
    let response = agent().post(&url).content_type("application/json").send(credentials(user_id, password));
    let body = json_of(&url, response)?;
    body["access_token"]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| BenchError::Request { url, reason: "a response without access_token".into() })
}

/// Reads JSON.
pub(super) fn get(url: &str, token: Option<&str>) -> Result<Value, BenchError> {
    let request = agent().get(url);
    let request = match token {
        Some(token) => request.header("Authorization", format!("Bearer {token}")),
        None => request,
    };
    json_of(url, request.call())
}

/// Whether `url` returns a success at this moment.
pub(super) fn is_success(url: &str) -> bool {
    agent().get(url).call().is_ok()
}

fn agent() -> Agent {
    Agent::config_builder().timeout_global(Some(Duration::from_secs(30))).build().into()
}

fn json_of(url: &str, response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Value, BenchError> {
    response
        .and_then(|mut response| response.body_mut().read_json())
        .map_err(|error| BenchError::Request { url: url.to_owned(), reason: error.to_string() })
}
