use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use steward_contracts::Problem;
use steward_contracts::bodies::Health;

use crate::Error;

/// How long a call may take.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// The API at an address, called as somebody or as nobody. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    base: Url,
    http: reqwest::Client,
    token: Option<SecretString>,
}

impl Client {
    /// The API at `base` (`http://HOST:PORT`), called without a token.
    pub fn new(base: &str) -> Result<Self, Error> {
        let wrong = || Error::Address(base.to_owned());
        let url = Url::parse(base).map_err(|_| wrong())?;
        if url.scheme() != "http" || url.cannot_be_a_base() || url.path() != "/" || url.query().is_some() {
            return Err(wrong());
        }
        let http = reqwest::Client::builder().timeout(DEADLINE).redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { base: url, http, token: None })
    }

    /// The same API, called with this access token.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self { token: Some(SecretString::from(token.into())), ..self.clone() }
    }

    /// How the API and what it stands on are; told with status 503 too, when something is away.
    pub async fn health(&self) -> Result<Health, Error> {
        let response = self.request(Method::GET, &["health"]).send().await?;
        let status = response.status().as_u16();
        response.json().await.map_err(|error| unreadable(error, status))
    }

    /// Begins a call of the path made of these segments.
    pub(crate) fn request(&self, method: Method, segments: &[&str]) -> RequestBuilder {
        self.request_with(method, segments, &[])
    }

    /// Begins a call of the path made of these segments, with a query.
    pub(crate) fn request_with(&self, method: Method, segments: &[&str], query: &[(&str, String)]) -> RequestBuilder {
        let mut url = self.base.clone();
        // Segment by segment, so that no id can lead elsewhere. Only a URL without a base has none.
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().extend(segments);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = self.http.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token.expose_secret()),
            None => request,
        }
    }
}

/// Sends a request and reads its answer.
pub(crate) async fn call<A: DeserializeOwned>(request: RequestBuilder) -> Result<A, Error> {
    let response = succeeded(request.send().await?).await?;
    let status = response.status().as_u16();
    response.json().await.map_err(|error| unreadable(error, status))
}

/// Sends a request with a body and reads its answer.
pub(crate) async fn call_with<A: DeserializeOwned>(request: RequestBuilder, body: &impl Serialize) -> Result<A, Error> {
    call(request.json(body)).await
}

/// Sends a request whose answer says nothing but that it was done.
pub(crate) async fn call_without_answer(request: RequestBuilder) -> Result<(), Error> {
    succeeded(request.send().await?).await.map(drop)
}

async fn succeeded(response: Response) -> Result<Response, Error> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let status = status.as_u16();
    match response.json::<Problem>().await {
        Ok(problem) => Err(Error::Problem(Box::new(problem))),
        Err(error) => Err(unreadable(error, status)),
    }
}

fn unreadable(error: reqwest::Error, status: u16) -> Error {
    if error.is_decode() { Error::Unexpected { status } } else { error.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_of_a_server_and_nothing_more() {
        assert!(Client::new("http://127.0.0.1:8000").is_ok());
        assert!(Client::new("http://gateway:8000/").is_ok());
        for address in ["", "127.0.0.1:8000", "ftp://gateway", "http://gateway/api", "http://gateway?x=1"] {
            assert!(matches!(Client::new(address), Err(Error::Address(_))), "{address}");
        }
    }

    #[test]
    fn no_id_leads_to_another_path() {
        let client = Client::new("http://gateway").unwrap();
        let request = client.request(Method::GET, &["api", "admin", "users", "a/../b?c#d%2f"]).build().unwrap();
        assert_eq!(request.url().as_str(), "http://gateway/api/admin/users/a%2F..%2Fb%3Fc%23d%252f");
    }

    #[test]
    fn a_token_is_never_shown() {
        let client = Client::new("http://gateway").unwrap().with_token("very-secret");
        assert!(!format!("{client:?}").contains("very-secret"));
    }
}
