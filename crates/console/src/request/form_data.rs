use std::pin::Pin;

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use sha2::{Digest, Sha256};
use steward_web::ApiError;

use super::submissions::ONCE;
use super::{Caller, Draft, RequestContext, Session, SignedIn, own_page};
use crate::failure::Failure;

/// The field that proves that a form is one of ours.
const CSRF: &str = "csrf";
/// The field that names the page a form stands on.
const PAGE: &str = "page";

/// A form that was sent.
#[derive(Clone)]
pub(crate) struct FormData {
    fields: Vec<(String, String)>,
}

/// A form that was sent from one of our pages, and who sent it. If they have to be signed in and their session is over,
/// what they typed waits for them.
pub(crate) struct ProtectedForm<Who = SignedIn> {
    pub(crate) who: Who,
    pub(crate) form: FormData,
}

impl FormData {
    /// The field as it was typed; empty where it was not sent.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    /// Every value that was sent under this name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// The page that the form stands on, or else `home`.
    pub(crate) fn page<'a>(&'a self, home: &'a str) -> &'a str {
        own_page(self.get(PAGE)).unwrap_or(home)
    }

    /// Whether it can be distinguished from another submission of the same form.
    pub(super) fn is_numbered(&self) -> bool {
        !self.get(ONCE).is_empty()
    }

    /// What is kept for after the next sign-in of whoever this session was of, if the form was theirs: never a password.
    pub(super) fn draft(&self, session: &Session) -> Option<Draft> {
        if !self.has_token(&session.csrf) {
            return None;
        }
        let page = own_page(self.get(PAGE))?.to_owned();
        let is_kept = |name: &str| ![CSRF, PAGE, ONCE].contains(&name) && !name.contains("password");
        let fields = self.fields.iter().filter(|(name, _)| is_kept(name)).cloned().collect();
        Some(Draft { user_id: session.user_id.clone(), page, fields })
    }

    /// The form in a body.
    pub(super) fn parse(body: &[u8]) -> Self {
        Self { fields: form_urlencoded::parse(body).into_owned().collect() }
    }

    /// Whether this came from one of our own pages: no other site knows the token.
    fn is_ours<Who: Caller>(&self, context: &RequestContext) -> bool {
        let is_of_session = context.cookies().session().is_some_and(|session| self.has_token(&session.csrf));
        is_of_session || (Who::IS_ANYBODY && self.is_of_browser(context))
    }

    /// Whether this came from a page that was shown in this browser, before the sign-in or in any session.
    fn is_of_browser(&self, context: &RequestContext) -> bool {
        let token = self.get(CSRF).split('.').next().unwrap_or_default();
        context.cookies().browser_token().is_some_and(|expected| is_same(token, &expected))
    }

    fn has_token(&self, expected: &str) -> bool {
        is_same(self.get(CSRF), expected)
    }
}

/// Compares digests, whose differences tell nothing about what differs.
fn is_same(token: &str, expected: &str) -> bool {
    Sha256::digest(token) == Sha256::digest(expected)
}

/// Reads the body of a form, at most as long, and as slow, as bodies for the API. `None` if it is no form.
///
/// # Errors
/// [`Failure::EncodedForm`] if the body has a content coding.
pub(super) async fn read(request: &mut ServiceRequest) -> Result<Option<Bytes>, Failure> {
    if request.content_type() != "application/x-www-form-urlencoded" {
        return Ok(None);
    }
    let payload = request.take_payload();
    match steward_web::read_body(request.headers(), payload).await {
        Ok(body) => Ok(Some(body)),
        Err(ApiError::ContentEncoding) => Err(Failure::EncodedForm),
        Err(_) => Ok(None),
    }
}

impl<Who: Caller> FromRequest for ProtectedForm<Who> {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let context = super::of(request);
        Box::pin(async move {
            let context = context?;
            let form = context.form().ok_or(Failure::NotAForm)?;
            // Whose session is over has no token to compare with: they sign in first.
            let who = Who::find(context.clone()).await?;
            if form.is_ours::<Who>(&context) { Ok(Self { who, form }) } else { Err(Failure::ForgedForm) }
        })
    }
}
