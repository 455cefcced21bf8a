use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{Answer, Spec};

/// The API at an address.
#[derive(Debug, Clone)]
pub struct Api {
    base: String,
    client: reqwest::Client,
    spec: Arc<Spec>,
    token: Option<String>,
}

impl Api {
    /// The API at `base` (`http://HOST:PORT`), with the description that it serves.
    pub async fn at(base: &str) -> Self {
        let client = client();
        let spec: Value = client.get(format!("{base}/openapi.json")).send().await.unwrap().json().await.unwrap();
        Self { base: base.to_owned(), client, spec: Arc::new(Spec::new(spec)), token: None }
    }

    /// The same API at another address, such as that of one service behind the gateway.
    #[must_use]
    pub fn moved_to(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// The same API with connections of its own.
    #[must_use]
    pub fn reconnected(&self) -> Self {
        Self { client: client(), ..self.clone() }
    }

    /// The same API, called with this token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same API, called with the token of somebody who signs in now.
    pub async fn signed_in(&self, user_id: &str, password: &str) -> Self {
        let answer = self.login(user_id, password).await.expect(200);
        self.with_token(answer.text("access_token"))
    }

    /// Signs in.
    pub async fn login(&self, user_id: &str, password: &str) -> Answer {
        self.post("/api/auth/login").json(json!({"user_id": user_id, "password": password})).send().await
    }

    /// Registers somebody under an id, whose address and name are made of it.
    pub async fn register(&self, user_id: &str, password: &str) -> Answer {
        let email = format!("{user_id}@example.com");
        let body = json!({"user_id": user_id, "email": email, "name": user_id, "password": password});
        self.post("/api/auth/register").json(body).send().await
    }

    /// Where the API is.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// What the API says of itself.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The token that calls carry.
    ///
    /// # Panics
    /// If there is none.
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap()
    }

    /// Begins a call.
    pub fn get(&self, path: &str) -> Call {
        self.call("GET", path)
    }

    /// Begins a call.
    pub fn post(&self, path: &str) -> Call {
        self.call("POST", path)
    }

    /// Begins a call.
    pub fn put(&self, path: &str) -> Call {
        self.call("PUT", path)
    }

    /// Begins a call.
    pub fn delete(&self, path: &str) -> Call {
        self.call("DELETE", path)
    }

    /// Begins a call with any method.
    pub fn call(&self, method: &str, path: &str) -> Call {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        Call { method, path: path.to_owned(), request, spec: Arc::clone(&self.spec) }
    }
}

/// Longer than any answer may take.
const PATIENCE: Duration = Duration::from_mins(1);

fn client() -> reqwest::Client {
    reqwest::Client::builder().timeout(PATIENCE).no_proxy().build().unwrap()
}

/// A request in the making.
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

    /// Sends it, and checks the answer against the description.
    ///
    /// # Panics
    /// If no answer comes, or one that the description does not list.
    pub async fn send(self) -> Answer {
        let what = format!("{} {}", self.method, self.path);
        self.try_send().await.unwrap_or_else(|error| panic!("{what}: no answer: {error:?}"))
    }

    /// Sends it; an error where no answer comes, as when the server is being killed.
    pub async fn try_send(self) -> Result<Answer, reqwest::Error> {
        let (method, path, spec) = (self.method.clone(), self.path.clone(), Arc::clone(&self.spec));
        let answer = self.try_send_unlisted().await?;
        if let Err(what) = spec.check(method.as_str(), &path, &answer) {
            panic!("{method} {path}: {what}\n{answer:?}");
        }
        Ok(answer)
    }

    /// Sends it to where the description does not reach: calls between services.
    ///
    /// # Panics
    /// If no answer comes.
    pub async fn send_unlisted(self) -> Answer {
        self.try_send_unlisted().await.unwrap()
    }

    async fn try_send_unlisted(self) -> Result<Answer, reqwest::Error> {
        let response = self.request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Answer::new(status.as_u16(), headers, response.bytes().await?.to_vec()))
    }
}
