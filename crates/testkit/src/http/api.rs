use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{Response, Spec};

/// A client of the API at an address.
#[derive(Debug, Clone)]
pub struct Api {
    base: String,
    client: reqwest::Client,
    spec: Arc<Spec>,
    token: Option<String>,
}

impl Api {
    /// A client of the API at `base` (`http://HOST:PORT`), with the description that the API serves.
    pub async fn at(base: &str) -> Self {
        let client = client();
        let spec: Value = client.get(format!("{base}/openapi.json")).send().await.unwrap().json().await.unwrap();
        Self { base: base.to_owned(), client, spec: Arc::new(Spec::new(spec)), token: None }
    }

    /// The same client for another address, such as that of one service behind the gateway.
    #[must_use]
    pub fn moved_to(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// The same client with its own connections.
    #[must_use]
    pub fn reconnected(&self) -> Self {
        Self { client: client(), ..self.clone() }
    }

    /// The same client with this token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same client with the token of a new session of this user.
    pub async fn signed_in(&self, user_id: &str, password: &str) -> Self {
        let response = self.login(user_id, password).await.expect(200);
        self.with_token(response.text("access_token"))
    }

    /// Signs in.
    pub async fn login(&self, user_id: &str, password: &str) -> Response {
        self.post("/api/auth/login").json(json!({"user_id": user_id, "password": password})).send().await
    }

    /// Registers a user, whose address and name derive from the id.
    pub async fn register(&self, user_id: &str, password: &str) -> Response {
        let email = format!("{user_id}@example.com");
        let body = json!({"user_id": user_id, "email": email, "name": user_id, "password": password});
        self.post("/api/auth/register").json(body).send().await
    }

    /// The URL of the API.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The API's OpenAPI description.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The token of this client.
    ///
    /// # Panics
    /// If there is none.
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap()
    }

    /// Starts a GET request.
    pub fn get(&self, path: &str) -> Call {
        self.call("GET", path)
    }

    /// Starts a POST request.
    pub fn post(&self, path: &str) -> Call {
        self.call("POST", path)
    }

    /// Starts a PUT request.
    pub fn put(&self, path: &str) -> Call {
        self.call("PUT", path)
    }

    /// Starts a DELETE request.
    pub fn delete(&self, path: &str) -> Call {
        self.call("DELETE", path)
    }

    /// Starts a request with any method.
    pub fn call(&self, method: &str, path: &str) -> Call {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        Call { method, path: path.to_owned(), request, spec: Arc::clone(&self.spec) }
    }
}

/// Longer than any response takes.
const PATIENCE: Duration = Duration::from_mins(1);

fn client() -> reqwest::Client {
    reqwest::Client::builder().timeout(PATIENCE).no_proxy().build().unwrap()
}

/// A request that is being built.
#[derive(Debug)]
#[must_use]
pub struct Call {
    method: Method,
    path: String,
    request: reqwest::RequestBuilder,
    spec: Arc<Spec>,
}

impl Call {
    /// With this body.
    pub fn json(mut self, body: impl serde::Serialize) -> Self {
        self.request = self.request.json(&body);
        self
    }

    /// With these bytes as its body.
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.request = self.request.header("content-type", content_type).body(body.into());
        self
    }

    /// With this header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// Sends the request, and checks the response against the description.
    ///
    /// # Panics
    /// If there is no response, or one that the description does not list.
    pub async fn send(self) -> Response {
        let what = format!("{} {}", self.method, self.path);
        self.try_send().await.unwrap_or_else(|error| panic!("{what}: no response: {error:?}"))
    }

    /// As [`Call::send`], but returns an error if there is no response, for example because the server was killed.
    pub async fn try_send(self) -> Result<Response, reqwest::Error> {
        let (method, path, spec) = (self.method.clone(), self.path.clone(), Arc::clone(&self.spec));
        let response = self.try_send_unlisted().await?;
        if let Err(what) = spec.check(method.as_str(), &path, &response) {
            panic!("{method} {path}: {what}\n{response:?}");
        }
        Ok(response)
    }

    /// Sends the request without checking the response, for endpoints outside of the description.
    ///
    /// # Panics
    /// If there is no response.
    pub async fn send_unlisted(self) -> Response {
        self.try_send_unlisted().await.unwrap()
    }

    async fn try_send_unlisted(self) -> Result<Response, reqwest::Error> {
        let response = self.request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Response::new(status.as_u16(), headers, response.bytes().await?.to_vec()))
    }
}
