//! One request of a browser.
//!
//! - [`RequestContext`]: its cookies, language, theme and client address.
//! - `cookies`: the content of the cookies, among them [`Theme`] and [`Toast`]. `session`: the signed-in user and the
//!   tokens.
//! - [`SignedIn`], [`Administrator`]: extractors of the signed-in user, with an API client.
//! - [`FormData`], [`ProtectedForm`]: a submitted form, protected against CSRF.
//! - [`layer`]: the middleware around all pages. `sender`: checks the origin of a form. [`Submissions`]: repeated
//!   submissions.

mod cookies;
mod form_data;
mod layer;
mod sender;
mod session;
mod signed_in;
mod submissions;
mod theme;
mod toast;

use std::cell::{RefCell, RefMut};
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderName, LOCATION, USER_AGENT};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Utc};
use steward_client::Client;

use crate::Console;
use crate::failure::Failure;
use crate::language::Language;
use cookies::Cookies;
pub(crate) use cookies::Draft;
pub(crate) use form_data::{FormData, ProtectedForm};
pub(crate) use layer::layer;
pub(crate) use session::Session;
pub(crate) use signed_in::{Administrator, Caller, SignedIn, end_session};
pub(crate) use submissions::Submissions;
pub(crate) use theme::Theme;
pub(crate) use toast::Toast;

/// One request of a browser. Cheap to clone; clones share the cookies.
#[derive(Clone)]
pub(crate) struct RequestContext(Rc<Inner>);

struct Inner {
    console: Arc<Console>,
    method: Method,
    /// Path and query of the request.
    target: String,
    address: Option<IpAddr>,
    user_agent: String,
    language: Language,
    theme: Theme,
    cookies: RefCell<Cookies>,
    /// The submitted form, if there is one.
    form: RefCell<Option<FormData>>,
}

impl RequestContext {
    fn begin(console: &Data<Console>, request: &ServiceRequest) -> Self {
        let header = |name: HeaderName| {
            let value = request.headers().get(name);
            value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
        };
        let target = request.uri().path_and_query();
        let cookies = Cookies::open(&console.keys, request);
        let language = cookies.language().unwrap_or_else(|| Language::preferred(&header(ACCEPT_LANGUAGE)));
        Self(Rc::new(Inner {
            console: Arc::clone(console),
            method: request.method().clone(),
            target: target.and_then(|target| own_page(target.as_str())).unwrap_or("/").to_owned(),
            address: steward_web::client_address(request.request()),
            user_agent: header(USER_AGENT),
            language,
            theme: cookies.theme(),
            cookies: RefCell::new(cookies),
            form: RefCell::new(None),
        }))
    }

    pub(crate) fn language(&self) -> Language {
        self.0.language
    }

    pub(crate) fn theme(&self) -> Theme {
        self.0.theme
    }

    /// Returns path and query of the request.
    pub(crate) fn target(&self) -> &str {
        &self.0.target
    }

    /// Returns the path of the page that the response shows. If a form responds without a redirect, that is the page of
    /// the form.
    pub(crate) fn page_address(&self) -> String {
        let form = self.0.form.borrow();
        form.as_ref().map_or(self.target(), |form| form.page(self.target())).to_owned()
    }

    /// Returns the submitted form, without a check of its origin or token.
    pub(crate) fn form(&self) -> Option<FormData> {
        self.0.form.borrow().clone()
    }

    pub(crate) fn is_get(&self) -> bool {
        self.0.method == Method::GET
    }

    /// Returns the submitted fields as a draft of the session's user, without passwords.
    pub(crate) fn draft(&self, session: &Session) -> Option<Draft> {
        self.0.form.borrow().as_ref().and_then(|form| form.draft(session))
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.0.console.clock.now()
    }

    /// Borrows the cookies. The borrow MUST NOT be held across an `await`.
    pub(crate) fn cookies(&self) -> RefMut<'_, Cookies> {
        self.0.cookies.borrow_mut()
    }

    /// Returns an API client without a token, for the address of this browser and the language of its pages.
    pub(crate) fn api(&self) -> Client {
        let Inner { console, address, user_agent, language, .. } = &*self.0;
        let api = console.api.with_language(language.tag());
        match address {
            Some(address) => api.for_person(*address, user_agent, Arc::clone(&console.address_signer)),
            None => api,
        }
    }

    /// Returns the CSRF token for the forms of a page.
    pub(crate) fn csrf(&self) -> String {
        self.cookies().csrf(self.0.console.ids.as_ref())
    }

    /// Returns the CSRF token for a new session.
    pub(crate) fn new_csrf(&self) -> String {
        self.cookies().new_csrf(self.0.console.ids.as_ref())
    }

    /// Logs that a form was refused because of its origin.
    pub(crate) fn log_foreign_origin(&self, origin: &str, own: &str) {
        self.0.console.log_foreign_origin(origin, own);
    }

    /// Returns a new submission id.
    pub(crate) fn submission_id(&self) -> String {
        self.0.console.ids.token_id()
    }

    /// Adds a message to the next page.
    pub(crate) fn add_toast(&self, toast: Toast) {
        self.cookies().add_toast(toast);
    }

    /// Returns the text with this id.
    pub(crate) fn t(&self, id: &str) -> String {
        self.language().text(id)
    }

    /// Renders a page.
    #[expect(clippy::unused_self, reason = "a response to this request")]
    pub(crate) fn render(&self, status: StatusCode, page: &impl Template) -> Result<HttpResponse, Failure> {
        Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(page.render()?))
    }

    /// Redirects the browser to another page with `303 See Other` (RFC 9110, 15.4.4).
    #[expect(clippy::unused_self, reason = "a response to this request")]
    pub(crate) fn redirect(&self, to: &str) -> HttpResponse {
        HttpResponse::SeeOther().insert_header((LOCATION, to)).finish()
    }
}

impl FromRequest for RequestContext {
    type Error = Failure;
    type Future = std::future::Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(context_of(request))
    }
}

/// Returns the context that the layer attached to the request.
fn context_of(request: &HttpRequest) -> Result<RequestContext, Failure> {
    let context = request.extensions().get::<RequestContext>().cloned();
    context.ok_or_else(|| {
        Failure::Internal("the request has no context: the page is not inside the console's layer".to_owned())
    })
}

/// Returns `target` if it leads to a page of this console. Redirects lead to such targets only.
pub(crate) fn own_page(target: &str) -> Option<&str> {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    // Browsers read a backslash as a slash, drop control characters, and remove dot segments, escaped or not. The rest
    // of the path could then begin with two slashes, which lead to another host.
    let leads_home = path.starts_with('/') && !path.contains("//") && !path.split('/').any(is_dots);
    (leads_home && !target.contains('\\') && !target.chars().any(char::is_control)).then_some(target)
}

/// Returns whether browsers remove this segment from a path.
fn is_dots(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_stay_in_the_console() {
        for target in ["/", "/users?search=a%20b&x=//y", "/users/alice#x", "/users/a..b", "/x?next=//y/../z"] {
            assert_eq!(own_page(target), Some(target));
        }
        for target in [
            "",
            "users",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\nb",
            "javascript:x",
            "/\t/evil",
            "/.//evil.example",
            "/x/..//evil.example",
            "/%2E%2e/x",
            "/a//b",
        ] {
            assert_eq!(own_page(target), None, "{target}");
        }
    }
}
