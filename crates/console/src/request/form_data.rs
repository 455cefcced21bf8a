use std::pin::Pin;

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use sha2::{Digest, Sha256};
use steward_web::HttpError;

use super::submissions::ONCE;
use super::{Caller, Draft, RequestContext, Session, SignedIn, own_page};
use crate::failure::Failure;

/// The field with the CSRF token.
const CSRF: &str = "csrf";
/// The field with the page of the form.
const PAGE: &str = "page";

/// A submitted form.
#[derive(Clone)]
pub(crate) struct FormData {
    fields: Vec<(String, String)>,
}

/// A submitted form with a valid CSRF token, and its sender. If the sender's session has ended, the fields are kept as
/// a draft.
pub(crate) struct ProtectedForm<C = SignedIn> {
    pub(crate) caller: C,
    pub(crate) form: FormData,
}

impl FormData {
    /// Returns the field as it was typed; empty if it is missing.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    /// Returns every value of the field.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Returns the page of the form, or else `home`.
    pub(crate) fn page<'a>(&'a self, home: &'a str) -> &'a str {
        own_page(self.get(PAGE)).unwrap_or(home)
    }

    /// Returns whether the form has a submission id.
    pub(super) fn has_submission_id(&self) -> bool {
        !self.get(ONCE).is_empty()
    }

    /// Returns the draft to keep until the session's user signs in again, if the form is from that session. It never
    /// contains passwords.
    pub(super) fn draft(&self, session: &Session) -> Option<Draft> {
        if !self.has_token(&session.csrf) {
            return None;
        }
        let page = own_page(self.get(PAGE))?.to_owned();
        let is_kept = |name: &str| ![CSRF, PAGE, ONCE].contains(&name) && !name.contains("password");
        let fields = self.fields.iter().filter(|(name, _)| is_kept(name)).cloned().collect();
        Some(Draft { user_id: session.user_id.clone(), page, fields })
    }

    /// Parses the body of a form.
    pub(super) fn parse(body: &[u8]) -> Self {
        Self { fields: form_urlencoded::parse(body).into_owned().collect() }
    }

    /// Returns whether the CSRF token is valid. Other sites do not know it.
    fn has_valid_token<C: Caller>(&self, context: &RequestContext) -> bool {
        let is_of_session = context.cookies().session().is_some_and(|session| self.has_token(&session.csrf));
        is_of_session || (C::ALLOWS_ANONYMOUS && self.has_browser_token(context))
    }

    /// Returns whether the form is from a page in this browser, before the sign-in or in any session.
    fn has_browser_token(&self, context: &RequestContext) -> bool {
        let token = self.get(CSRF).split('.').next().unwrap_or_default();
        context.cookies().browser_token().is_some_and(|expected| is_equal(token, &expected))
    }

    fn has_token(&self, expected: &str) -> bool {
        is_equal(self.get(CSRF), expected)
    }
}

/// Compares digests, so that the time it takes reveals nothing about the values.
fn is_equal(token: &str, expected: &str) -> bool {
    Sha256::digest(token) == Sha256::digest(expected)
}

/// Reads the body of a form, with the length and time limits of API bodies. Returns `None` if it is not a form.
///
/// # Errors
/// Returns [`Failure::EncodedForm`] if the body has a content coding.
pub(super) async fn read(request: &mut ServiceRequest) -> Result<Option<Bytes>, Failure> {
    if request.content_type() != "application/x-www-form-urlencoded" {
        return Ok(None);
    }
    let payload = request.take_payload();
    match steward_web::read_body(request.headers(), payload).await {
        Ok(body) => Ok(Some(body)),
        Err(HttpError::ContentEncoding) => Err(Failure::EncodedForm),
        Err(_) => Ok(None),
    }
}

impl<C: Caller> FromRequest for ProtectedForm<C> {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let context = super::context_of(request);
        Box::pin(async move {
            let context = context?;
            let form = context.form().ok_or(Failure::NotAForm)?;
            // First, since without a session there is no token to compare with: the user must sign in.
            let caller = C::resolve(context.clone()).await?;
            if form.has_valid_token::<C>(&context) { Ok(Self { caller, form }) } else { Err(Failure::ForgedForm) }
        })
    }
}
