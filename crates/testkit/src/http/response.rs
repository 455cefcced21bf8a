use std::fmt;

use reqwest::header::HeaderMap;
use serde_json::Value;

/// A response of the API.
#[derive(Clone)]
pub struct Response {
    status: u16,
    headers: HeaderMap,
    bytes: Vec<u8>,
    json: Option<Value>,
}

impl Response {
    pub(super) fn new(status: u16, headers: HeaderMap, bytes: Vec<u8>) -> Self {
        let json = serde_json::from_slice(&bytes).ok();
        Self { status, headers, bytes, json }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Returns this response, which must have this status.
    #[expect(clippy::return_self_not_must_use, reason = "often the status is all that matters")]
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// Returns this response, which must be a problem (RFC 9457) with this status and this `detail`.
    #[expect(clippy::return_self_not_must_use, reason = "often the status is all that matters")]
    #[track_caller]
    pub fn problem(self, status: u16, detail: &str) -> Self {
        let response = self.expect(status);
        assert_eq!(response.text("detail"), detail, "{response:?}");
        response
    }

    /// The value of a header; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The media type, without its parameters.
    pub fn media_type(&self) -> &str {
        self.header("content-type").split(';').next().unwrap_or_default().trim()
    }

    /// The body.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The body as JSON, which it must be.
    #[track_caller]
    pub fn json(&self) -> &Value {
        self.json.as_ref().unwrap_or_else(|| panic!("no JSON: {self:?}"))
    }

    /// The body as JSON, if it is.
    pub fn try_json(&self) -> Option<&Value> {
        self.json.as_ref()
    }

    /// A string field of the body.
    #[track_caller]
    pub fn text(&self, field: &str) -> &str {
        self.json()[field].as_str().unwrap_or_else(|| panic!("no text `{field}`: {self:?}"))
    }

    /// One field of each item of a page, in order.
    #[track_caller]
    pub fn column(&self, field: &str) -> Vec<String> {
        let items = self.json()["items"].as_array().unwrap_or_else(|| panic!("no items: {self:?}"));
        items.iter().map(|item| item[field].as_str().map_or_else(|| item[field].to_string(), str::to_owned)).collect()
    }

    /// The names of the invalid fields that a problem lists, sorted.
    #[track_caller]
    pub fn invalid_fields(&self) -> Vec<&str> {
        let errors = self.json()["errors"].as_array().unwrap_or_else(|| panic!("no errors: {self:?}"));
        let mut fields: Vec<_> = errors.iter().filter_map(|error| error["field"].as_str()).collect();
        fields.sort_unstable();
        fields
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = String::from_utf8_lossy(&self.bytes[..self.bytes.len().min(2000)]);
        write!(f, "{} {:?}\n{body}", self.status, self.headers)
    }
}
