//! One request of a browser.
//!
//! - [`RequestContext`]: its cookies, language and theme, and from where it comes.
//! - `cookies`: what cookies hold. `session`: who is signed in, and with which tokens.
//! - [`SignedIn`], [`Administrator`], [`PendingPasswordChange`]: whoever is signed in, with the API to be called as them.
//! - [`FormData`], [`ProtectedForm`]: a form that was sent, protected against forgery.
//! - [`layer`]: what goes around all pages. `sender`: from where a form was sent. [`Submissions`]: forms that are sent
//!   twice.

mod cookies;
mod form_data;
mod layer;
mod sender;
mod session;
mod signed_in;
mod submissions;

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
pub(crate) use cookies::{Draft, Theme, Toast};
pub(crate) use form_data::{FormData, ProtectedForm};
pub(crate) use layer::layer;
pub(crate) use session::Session;
pub(crate) use signed_in::{Administrator, Caller, PendingPasswordChange, SignedIn, end};
pub(crate) use submissions::Submissions;

/// One request of a browser. Cheap to clone; clones share its cookies.
#[derive(Clone)]
pub(crate) struct RequestContext(Rc<Inner>);

struct Inner {
    console: Arc<Console>,
    method: Method,
    /// Path and query, as the browser asked for them.
    target: String,
    address: Option<IpAddr>,
    user_agent: String,
    language: Language,
    theme: Theme,
    cookies: RefCell<Cookies>,
    /// The form that was sent, if it is one.
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

    /// Path and query, as the browser asked for them.
    pub(crate) fn target(&self) -> &str {
        &self.0.target
    }

    /// The address of what is shown: where a form is answered without going elsewhere, that of the page it stands on.
    pub(crate) fn page_address(&self) -> String {
        let form = self.0.form.borrow();
        form.as_ref().map_or(self.target(), |form| form.page(self.target())).to_owned()
    }

    /// The form that was sent, not checked for its origin or token.
    pub(crate) fn form(&self) -> Option<FormData> {
        self.0.form.borrow().clone()
    }

    pub(crate) fn is_get(&self) -> bool {
        self.0.method == Method::GET
    }

    /// What whoever this session was of typed into the form that was sent, but for passwords.
    pub(crate) fn draft(&self, session: &Session) -> Option<Draft> {
        self.0.form.borrow().as_ref().and_then(|form| form.draft(session))
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.0.console.clock.now()
    }

    /// The cookies, to be read and changed. MUST NOT be held across an `await`.
    pub(crate) fn cookies(&self) -> RefMut<'_, Cookies> {
        self.0.cookies.borrow_mut()
    }

    /// The API, called by nobody for whoever sits at the browser.
    pub(crate) fn api(&self) -> Client {
        let Inner { console, address, user_agent, .. } = &*self.0;
        match address {
            Some(address) => console.api.for_person(*address, user_agent, Arc::clone(&console.address_signer)),
            None => console.api.clone(),
        }
    }

    /// What each form has to send back, so that no other site can send one.
    pub(crate) fn csrf(&self) -> String {
        self.cookies().csrf(self.0.console.ids.as_ref())
    }

    /// The token of a new session's forms.
    pub(crate) fn new_csrf(&self) -> String {
        self.cookies().new_csrf(self.0.console.ids.as_ref())
    }

    /// Tells the operator that a form was refused because of its origin.
    pub(crate) fn log_foreign_origin(&self, origin: &str, own: &str) {
        self.0.console.log_foreign_origin(origin, own);
    }

    /// What tells the forms of this page from those of any other that was shown.
    pub(crate) fn once(&self) -> String {
        self.0.console.ids.token_id()
    }

    /// A short message on the next page that is shown.
    pub(crate) fn tell(&self, toast: Toast) {
        self.cookies().tell(toast);
    }

    /// The text with this id.
    pub(crate) fn t(&self, id: &str) -> String {
        self.language().text(id)
    }

    /// A page.
    #[expect(clippy::unused_self, reason = "an answer to this context")]
    pub(crate) fn page(&self, status: StatusCode, page: &impl Template) -> Result<HttpResponse, Failure> {
        Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(page.render()?))
    }

    /// Sends the browser to another page, to be got (RFC 9110, 15.4.4).
    #[expect(clippy::unused_self, reason = "an answer to this context")]
    pub(crate) fn go(&self, to: &str) -> HttpResponse {
        HttpResponse::SeeOther().insert_header((LOCATION, to)).finish()
    }
}

impl FromRequest for RequestContext {
    type Error = Failure;
    type Future = std::future::Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(of(request))
    }
}

/// The context that the layer put into the request.
fn of(request: &HttpRequest) -> Result<RequestContext, Failure> {
    let context = request.extensions().get::<RequestContext>().cloned();
    context.ok_or_else(|| Failure::Internal("a page outside of the console's layer".to_owned()))
}

/// `target` if it leads to a page of this console and nowhere else: redirects go only there.
pub(crate) fn own_page(target: &str) -> Option<&str> {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    // Browsers read a backslash as a slash, drop control characters, and take dots out of paths, escaped or not: what is
    // left could begin with two slashes, which lead to another host.
    let leads_home = path.starts_with('/') && !path.contains("//") && !path.split('/').any(is_dots);
    (leads_home && !target.contains('\\') && !target.chars().any(char::is_control)).then_some(target)
}

/// Whether browsers take this part out of a path.
fn is_dots(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_stay_at_home() {
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
