use std::convert::Infallible;
use std::future::ready;
use std::pin::Pin;

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::stream;
use multer::Multipart;
use sha2::{Digest, Sha256};
use steward_web::{BODY_LIMIT, HttpError};

use super::submissions::ONCE;
use super::{Caller, Draft, RequestContext, Session, SignedIn, own_page};
use crate::failure::Failure;

/// The field with the CSRF token.
const CSRF: &str = "csrf";
/// The field with the page of the form.
const PAGE: &str = "page";

/// The maximum length of a form with a file, in bytes: that of a picture, and the other fields.
const MULTIPART_LIMIT: usize = steward_contracts::bodies::Image::MAX + 16 * 1024;

/// A submitted form.
#[derive(Clone)]
pub(crate) struct FormData {
    fields: Vec<(String, String)>,
    files: Vec<(String, UploadedFile)>,
}

/// A file of a submitted form. Cheap to clone.
#[derive(Clone)]
pub(crate) struct UploadedFile {
    /// The media type that the browser derived from the name of the file.
    pub(crate) content_type: String,
    pub(crate) bytes: Bytes,
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

    /// Returns the file of the field.
    pub(crate) fn file(&self, name: &str) -> Option<&UploadedFile> {
        self.files.iter().find(|(field, _)| field == name).map(|(_, file)| file)
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
    pub(crate) fn parse(body: &[u8]) -> Self {
        Self { fields: form_urlencoded::parse(body).into_owned().collect(), files: Vec::new() }
    }

    /// Parses the body of a form with files (RFC 7578). `boundary` separates the fields.
    async fn parse_multipart(body: Bytes, boundary: String) -> Result<Self, multer::Error> {
        let mut multipart = Multipart::new(stream::once(ready(Ok::<_, Infallible>(body))), boundary);
        let (mut fields, mut files) = (Vec::new(), Vec::new());
        while let Some(field) = multipart.next_field().await? {
            let name = field.name().unwrap_or_default().to_owned();
            if field.file_name().is_some() {
                let content_type = field.content_type().map(ToString::to_string).unwrap_or_default();
                files.push((name, UploadedFile { content_type, bytes: field.bytes().await? }));
            } else {
                fields.push((name, field.text().await?));
            }
        }
        Ok(Self { fields, files })
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

/// Reads a form and its body, with the time limit of API bodies; without a file also with their length limit. Returns
/// `None` if it is not a form.
///
/// # Errors
/// Returns [`Failure::EncodedForm`] if the body has a content coding.
pub(super) async fn read(request: &mut ServiceRequest) -> Result<Option<(Bytes, FormData)>, Failure> {
    let boundary = match request.content_type() {
        "application/x-www-form-urlencoded" => None,
        "multipart/form-data" => {
            let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
            let Some(boundary) = media_type.and_then(|value| multer::parse_boundary(value).ok()) else {
                return Ok(None);
            };
            Some(boundary)
        }
        _ => return Ok(None),
    };
    let limit = if boundary.is_some() { MULTIPART_LIMIT } else { BODY_LIMIT };
    let payload = request.take_payload();
    let body = match steward_web::read_body_at_most(request.headers(), payload, limit).await {
        Ok(body) => body,
        Err(HttpError::ContentEncoding) => return Err(Failure::EncodedForm),
        Err(_) => return Ok(None),
    };
    let form = match boundary {
        None => FormData::parse(&body),
        Some(boundary) => match FormData::parse_multipart(body.clone(), boundary).await {
            Ok(form) => form,
            Err(_) => return Ok(None),
        },
    };
    Ok(Some((body, form)))
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

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nt\r\n\
        --x\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\
        \u{1}\r\n--y\r\n--x--\r\n";

    #[tokio::test]
    async fn a_form_has_fields_and_files() {
        let form = FormData::parse_multipart(Bytes::from_static(BODY.as_bytes()), "x".to_owned()).await.unwrap();
        assert_eq!((form.get("csrf"), form.get("image")), ("t", ""));
        let file = form.file("image").unwrap();
        assert_eq!((file.content_type.as_str(), &*file.bytes), ("image/png", &b"\x01\r\n--y"[..]));
        assert!(form.file("csrf").is_none());
    }

    #[tokio::test]
    async fn a_truncated_form_is_an_error() {
        for end in [0, 10, 60, BODY.len() - 8] {
            let body = Bytes::from_static(&BODY.as_bytes()[..end]);
            assert!(FormData::parse_multipart(body, "x".to_owned()).await.is_err(), "{end} bytes");
        }
    }
}
