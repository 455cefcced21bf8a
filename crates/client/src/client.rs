use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{
    ACCEPT_LANGUAGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT,
};
use reqwest::{Method, RequestBuilder, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use steward_contracts::Problem;
use steward_contracts::bodies::Health;

use crate::Error;

/// Default deadline of a call; see [`Client::with_deadline`].
pub const DEADLINE: Duration = Duration::from_secs(10);

/// The header with which a call may be repeated.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A client of the API at one base address, with or without a token. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    base: Url,
    http: reqwest::Client,
    token: Option<SecretString>,
    person: Option<Arc<Person>>,
    language: Option<HeaderValue>,
    idempotency_key: Option<HeaderValue>,
    deadline: Duration,
}

/// Signs the address of the person that a trusted program calls for. The API accepts the address only with a signature
/// by its own service key, so an implementation needs that key.
pub trait AddressSigner: fmt::Debug + Send + Sync {
    /// Name and value of the header that carries the signed `address` for a call of `method` and `target` (path and
    /// query).
    fn sign(&self, address: IpAddr, method: &str, target: &str) -> (&'static str, String);
}

/// The person that a trusted program calls for.
#[derive(Debug)]
struct Person {
    address: IpAddr,
    /// `None` if it holds nothing that fits into a header.
    user_agent: Option<HeaderValue>,
    signer: Arc<dyn AddressSigner>,
}

impl Client {
    /// Returns a client without a token. `base` is `http://HOST:PORT`; anything else is [`Error::Address`].
    pub fn new(base: &str) -> Result<Self, Error> {
        let wrong = || Error::Address(base.to_owned());
        let url = Url::parse(base).map_err(|_| wrong())?;
        if url.scheme() != "http" || url.cannot_be_a_base() || url.path() != "/" || url.query().is_some() {
            return Err(wrong());
        }
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self {
            base: url,
            http,
            token: None,
            person: None,
            language: None,
            idempotency_key: None,
            deadline: DEADLINE,
        })
    }

    /// Returns a client that sends this access token.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self { token: Some(SecretString::from(token.into())), ..self.clone() }
    }

    /// Returns a client that calls on behalf of a person at this address with this browser, as a web console does. Rate
    /// limits, lock-outs, sessions and the audit trail then refer to that person.
    #[must_use]
    pub fn for_person(&self, address: IpAddr, user_agent: &str, signer: Arc<dyn AddressSigner>) -> Self {
        let printable: String = user_agent.chars().filter(|c| !c.is_control()).collect();
        let user_agent = HeaderValue::try_from(printable.into_bytes()).ok().filter(|value| !value.is_empty());
        Self { person: Some(Arc::new(Person { address, user_agent, signer })), ..self.clone() }
    }

    /// Returns a client that sends this language tag (RFC 5646). Mails to a user who has not chosen a language are in it.
    #[must_use]
    pub fn with_language(&self, tag: &str) -> Self {
        Self { language: HeaderValue::try_from(tag).ok(), ..self.clone() }
    }

    /// Returns a client that sends this `Idempotency-Key`: 1 to 255 visible ASCII characters. A call to an administrative
    /// endpoint that is repeated with the same key within 24 hours has no further effect and gets the first answer; with
    /// another body, the problem has status 422. Use a new key for each call.
    #[must_use]
    pub fn with_idempotency_key(&self, key: &str) -> Self {
        Self { idempotency_key: HeaderValue::try_from(key).ok(), ..self.clone() }
    }

    /// Returns a client whose calls take at most this long instead of [`DEADLINE`], connecting and reading included.
    #[must_use]
    pub fn with_deadline(&self, deadline: Duration) -> Self {
        Self { deadline, ..self.clone() }
    }

    /// Returns the health of the API and its dependencies, also if the status is 503.
    pub async fn health(&self) -> Result<Health, Error> {
        let response = self.request(Method::GET, &["health"]).send().await?;
        let status = response.status().as_u16();
        response.json().await.map_err(|error| unreadable(error, status))
    }

    /// Builds a request for the path made of these segments.
    pub(crate) fn request(&self, method: Method, segments: &[&str]) -> RequestBuilder {
        self.request_with(method, segments, &[])
    }

    /// Builds a request for the path made of these segments, with a query.
    pub(crate) fn request_with(&self, method: Method, segments: &[&str], query: &[(&str, String)]) -> RequestBuilder {
        let mut url = self.base.clone();
        // Segment by segment, so that no id can change the path. Every URL with a base has segments.
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().extend(segments.iter().map(|segment| undotted(segment)));
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut headers = self.person.as_ref().map(|person| person.headers(&method, &url)).unwrap_or_default();
        headers.extend(self.idempotency_key.clone().map(|key| (IDEMPOTENCY_KEY, key)));
        headers.extend(self.language.clone().map(|language| (ACCEPT_LANGUAGE, language)));
        let request = self.http.request(method, url).headers(headers).timeout(self.deadline);
        match &self.token {
            Some(token) => request.bearer_auth(token.expose_secret()),
            None => request,
        }
    }
}

/// Escapes a segment of dots twice, since URLs drop such a segment. It then names no existing resource.
fn undotted(segment: &str) -> &str {
    match segment {
        "." => "%2E",
        ".." => "%2E%2E",
        other => other,
    }
}

impl Person {
    /// The headers that name the person. They hold for this method and target alone.
    fn headers(&self, method: &Method, url: &Url) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(user_agent) = &self.user_agent {
            headers.insert(USER_AGENT, user_agent.clone());
        }
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let target = format!("{}{query}", url.path());
        let (name, value) = self.signer.sign(self.address, method.as_str(), &target);
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
        headers
    }
}

/// Sends a request and reads the response's body.
pub(crate) async fn call<A: DeserializeOwned>(request: RequestBuilder) -> Result<A, Error> {
    let response = succeeded(request.send().await?).await?;
    let status = response.status().as_u16();
    response.json().await.map_err(|error| unreadable(error, status))
}

/// Sends a request and reads the response's body and entity tag.
pub(crate) async fn call_for_tag<A: DeserializeOwned>(request: RequestBuilder) -> Result<(A, String), Error> {
    let response = succeeded(request.send().await?).await?;
    let status = response.status().as_u16();
    let tag = response.headers().get(ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
    let answer = response.json().await.map_err(|error| unreadable(error, status))?;
    Ok((answer, tag.ok_or(Error::Unexpected { status, retry_after: None })?))
}

/// An image with its media type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The media type, such as `image/webp`.
    pub content_type: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Sends a request and reads the image in the response, with its entity tag.
pub(crate) async fn call_for_image(request: RequestBuilder) -> Result<(Image, String), Error> {
    let response = succeeded(request.send().await?).await?;
    let header =
        |name| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let (content_type, tag) = (header(CONTENT_TYPE), header(ETAG));
    Ok((Image { content_type, bytes: response.bytes().await?.into() }, tag))
}

/// Sends a request with a body and reads the response's body.
pub(crate) async fn call_with<A: DeserializeOwned>(request: RequestBuilder, body: &impl Serialize) -> Result<A, Error> {
    call(request.json(body)).await
}

/// Sends a request whose response has no body.
pub(crate) async fn call_without_answer(request: RequestBuilder) -> Result<(), Error> {
    succeeded(request.send().await?).await.map(drop)
}

async fn succeeded(response: Response) -> Result<Response, Error> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let status = status.as_u16();
    let retry_after = seconds(response.headers());
    match response.json::<Problem>().await {
        Ok(problem) => Err(Error::Problem { problem: Box::new(problem), retry_after }),
        Err(error) if error.is_decode() => Err(Error::Unexpected { status, retry_after }),
        Err(error) => Err(error.into()),
    }
}

fn unreadable(error: reqwest::Error, status: u16) -> Error {
    if error.is_decode() { Error::Unexpected { status, retry_after: None } } else { error.into() }
}

/// `Retry-After` in seconds. The API never sends a date (RFC 9110, section 10.2.3).
fn seconds(headers: &HeaderMap) -> Option<u64> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_address_names_a_server_and_no_path() {
        assert!(Client::new("http://127.0.0.1:8000").is_ok());
        assert!(Client::new("http://gateway:8000/").is_ok());
        for address in ["", "127.0.0.1:8000", "ftp://gateway", "http://gateway/api", "http://gateway?x=1"] {
            assert!(matches!(Client::new(address), Err(Error::Address(_))), "{address}");
        }
    }

    #[test]
    fn an_id_cannot_change_the_path() {
        let client = Client::new("http://gateway").unwrap();
        let request = client.request(Method::GET, &["api", "admin", "users", "a/../b?c#d%2f"]).build().unwrap();
        assert_eq!(request.url().as_str(), "http://gateway/api/admin/users/a%2F..%2Fb%3Fc%23d%252f");
        for (id, named) in [(".", "%252E"), ("..", "%252E%252E"), ("...", "...")] {
            let request = client.request(Method::GET, &["api", "admin", "users", id, "sessions"]).build().unwrap();
            assert_eq!(request.url().as_str(), format!("http://gateway/api/admin/users/{named}/sessions"));
        }
    }

    #[derive(Debug)]
    struct Signer;

    impl AddressSigner for Signer {
        fn sign(&self, address: IpAddr, method: &str, target: &str) -> (&'static str, String) {
            ("x-signed", format!("{address} {method} {target}"))
        }
    }

    #[test]
    fn a_call_for_a_person_carries_the_signed_address_and_the_browser() {
        let address: IpAddr = "2001:db8::7".parse().unwrap();
        let client = Client::new("http://gateway").unwrap().for_person(address, "Fire\nfox/1 ☃", Arc::new(Signer));
        for (id, query, target) in [
            ("a/b", &[("search", "길동 & co".to_owned())][..], "/api/a%2Fb?search=%EA%B8%B8%EB%8F%99+%26+co"),
            ("me", &[], "/api/me"),
        ] {
            let request = client.request_with(Method::PUT, &["api", id], query).build().unwrap();
            assert_eq!(request.headers()[USER_AGENT].as_bytes(), "Firefox/1 ☃".as_bytes());
            assert_eq!(request.headers()["x-signed"], format!("2001:db8::7 PUT {target}"));
        }
        let anonymous = Client::new("http://gateway").unwrap().request(Method::GET, &["api"]).build().unwrap();
        assert!(anonymous.headers().get("x-signed").is_none());
        let silent = client.for_person(address, "\r\n", Arc::new(Signer));
        let silent = silent.request(Method::GET, &["api"]).build().unwrap();
        assert!(silent.headers().get(USER_AGENT).is_none() && silent.headers().get("x-signed").is_some());
    }

    #[test]
    fn a_client_for_a_person_keeps_token_and_deadline() {
        let before = Client::new("http://gateway").unwrap().with_token("t").with_deadline(Duration::from_secs(3));
        let client = before.for_person("192.0.2.7".parse().unwrap(), "x", Arc::new(Signer));
        let request = client.request(Method::GET, &["api"]).build().unwrap();
        assert_eq!(request.timeout(), Some(&Duration::from_secs(3)));
        assert_eq!(request.headers()["authorization"], "Bearer t");
        let request = Client::new("http://gateway").unwrap().request(Method::GET, &["api"]).build().unwrap();
        assert_eq!(request.timeout(), Some(&DEADLINE));
    }

    #[test]
    fn a_language_is_sent_with_every_call() {
        let client = Client::new("http://gateway").unwrap().with_language("ko");
        let client = client.for_person("192.0.2.7".parse().unwrap(), "x", Arc::new(Signer)).with_token("t");
        let request = client.request(Method::GET, &["api"]).build().unwrap();
        assert_eq!(request.headers()[ACCEPT_LANGUAGE], "ko");
        let silent = client.with_language("a\nb").request(Method::GET, &["api"]).build().unwrap();
        assert!(silent.headers().get(ACCEPT_LANGUAGE).is_none());
    }

    #[test]
    fn retry_after_is_read_as_seconds() {
        for (value, expected) in [("17", Some(17)), (" 2 ", Some(2)), ("-1", None), ("soon", None)] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(value))]);
            assert_eq!(seconds(&headers), expected, "{value}");
        }
        assert_eq!(seconds(&HeaderMap::new()), None);
    }

    #[test]
    fn debug_output_hides_the_token() {
        let shown = format!("{:?}", Client::new("http://gateway").unwrap().with_token("very-secret"));
        assert!(!shown.contains("very-secret") && shown.contains("gateway"), "{shown}");
    }
}
