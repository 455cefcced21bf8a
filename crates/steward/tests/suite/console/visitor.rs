//! HTTP requests to the console without a browser.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use steward_testkit::http::raw::Raw;

/// A client with cookies, but without a browser.
#[derive(Clone)]
pub(super) struct Visitor {
    base: String,
    /// Sent with every request.
    headers: Vec<(String, String)>,
    pub(super) cookies: BTreeMap<String, String>,
}

/// A response of the console.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) status: u16,
    head: String,
    pub(super) body: String,
}

impl Visitor {
    /// A client of the console at `base`.
    pub(super) fn new(base: &str) -> Self {
        Self { base: base.to_owned(), headers: Vec::new(), cookies: BTreeMap::new() }
    }

    /// The same client with an additional header.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same client behind a trusted TLS proxy that forwards this client address.
    pub(super) fn behind_tls(self, address: &str) -> Self {
        self.with("x-forwarded-for", address).with("x-forwarded-proto", "https")
    }

    /// Signs in, and checks the redirect. Returns the response.
    pub(super) fn sign_in(&mut self, user_id: &str, password: &str) -> Page {
        let csrf = self.get("/sign-in").csrf();
        let fields = [("csrf", csrf.as_str()), ("user_id", user_id), ("password", password)];
        let page = self.post("/sign-in", &fields);
        assert_eq!(page.status, 303, "{page:?}");
        page
    }

    pub(super) fn get(&mut self, path: &str) -> Page {
        self.send("GET", path, "")
    }

    /// Sends a form.
    pub(super) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        self.send("POST", path, &fields.join("&"))
    }

    /// Requests a page without reading the response, for responses that do not end.
    pub(super) fn watch(&self, path: &str) -> Raw {
        let mut connection = Raw::connect(&self.base).unwrap();
        connection.send(self.request("GET", path, "")).unwrap();
        connection
    }

    fn send(&mut self, method: &str, path: &str, body: &str) -> Page {
        let mut connection = Raw::connect(&self.base).unwrap();
        connection.send(self.request(method, path, body)).unwrap();
        let page = Page::read(&connection.answer().unwrap());
        for cookie in page.headers("set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap_or_default().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        page
    }

    fn request(&self, method: &str, path: &str, body: &str) -> String {
        let host = self.base.trim_start_matches("http://");
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
        for (name, value) in &self.headers {
            let _ = write!(request, "{name}: {value}\r\n");
        }
        if !self.cookies.is_empty() {
            let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let _ = write!(request, "cookie: {}\r\n", cookies.join("; "));
        }
        if method == "POST" {
            let length = body.len();
            let _ = write!(request, "content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n");
        }
        let _ = write!(request, "\r\n{body}");
        request
    }
}

impl Page {
    fn read(response: &str) -> Self {
        let (head, body) = response.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no response: {response}"));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// The values of a header.
    pub(super) fn headers(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }

    /// The value of the `Location` header.
    pub(super) fn location(&self) -> &str {
        self.headers("location").first().copied().unwrap_or_default()
    }

    /// The CSRF token in the forms of the page.
    pub(super) fn csrf(&self) -> String {
        self.hidden("csrf")
    }

    /// The value of a hidden field of the page.
    pub(super) fn hidden(&self, name: &str) -> String {
        let begin = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.body.split_once(&begin).unwrap_or_else(|| panic!("no {name} in {self:?}"));
        rest.split('"').next().unwrap_or_default().to_owned()
    }
}

/// Encodes a text as in forms and URLs.
pub(super) fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}
