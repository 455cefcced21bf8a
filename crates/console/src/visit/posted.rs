use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use sha2::{Digest, Sha256};

use super::signed_in::Caller;
use super::{Draft, Session, SignedIn, Visit, own_page};
use crate::failure::Failure;

/// The field that proves that a form is one of ours.
const CSRF: &str = "csrf";
/// The field that names the page a form stands on.
const PAGE: &str = "page";

/// A form that was sent.
#[derive(Clone)]
pub(crate) struct Posted {
    fields: Vec<(String, String)>,
}

/// A form that was sent from one of our pages, and who sent it. If they have to be signed in and their session is over,
/// what they typed waits for them.
pub(crate) struct Act<Who = SignedIn> {
    pub(crate) who: Who,
    pub(crate) form: Posted,
}

impl Posted {
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

    /// What is kept for after the next sign-in of whoever this session was of, if the form was theirs: never a password.
    pub(super) fn draft(&self, session: &Session) -> Option<Draft> {
        if !self.has_token(&session.csrf) {
            return None;
        }
        let page = own_page(self.get(PAGE))?.to_owned();
        let is_kept = |name: &str| name != CSRF && name != PAGE && !name.contains("password");
        let fields = self.fields.iter().filter(|(name, _)| is_kept(name)).cloned().collect();
        Some(Draft { user_id: session.user_id.clone(), page, fields })
    }

    async fn read(request: &HttpRequest, payload: Payload, visit: &Visit) -> Result<Self, Failure> {
        if request.content_type() != "application/x-www-form-urlencoded" {
            return Err(Failure::NotAForm);
        }
        // At most as long, and as slow, as bodies for the API.
        let body = steward_web::read_body(request.headers(), payload).await.map_err(|_| Failure::NotAForm)?;
        let fields = form_urlencoded::parse(&body).into_owned().collect();
        let posted = Self { fields };
        visit.0.posted.replace(Some(posted.clone()));
        Ok(posted)
    }

    /// Whether this came from one of our own pages: nobody else knows the token.
    fn check(self, visit: &Visit) -> Result<Self, Failure> {
        if self.has_token(&visit.csrf()) { Ok(self) } else { Err(Failure::ForgedForm) }
    }

    fn has_token(&self, expected: &str) -> bool {
        // Digests are compared, whose differences tell nothing about what differs.
        Sha256::digest(self.get(CSRF)) == Sha256::digest(expected)
    }
}

impl<Who: Caller> FromRequest for Act<Who> {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let visit = super::of(&request)?;
            let form = Posted::read(&request, payload, &visit).await?;
            // Whose session is over has no token to compare with: they sign in first.
            let who = Who::find(visit.clone()).await?;
            Ok(Self { who, form: form.check(&visit)? })
        })
    }
}
