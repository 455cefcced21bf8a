use super::http;

/// One request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) token: Option<String>,
    /// `{n}` in it is replaced by another number in each request.
    pub(super) body: Option<String>,
}

impl Request {
    pub(super) fn login() -> Self {
        let body = Some(http::credentials("admin", "admin123"));
        Self { method: "POST", path: "/api/auth/login".into(), token: None, body }
    }

    /// A request for a new password, of another account each time.
    pub(super) fn forgot_password() -> Self {
        let body = Some(r#"{"user_id": "u{n}"}"#.to_owned());
        Self { method: "POST", path: "/api/auth/forgot-password".into(), token: None, body }
    }

    pub(super) fn me(token: &str) -> Self {
        Self { method: "GET", path: "/api/auth/me".into(), token: Some(token.to_owned()), body: None }
    }
}
