//! The cookies. All that matters is encrypted (AES-256-GCM) and out of reach of scripts.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, CookieJar, Key, SameSite};
use actix_web::dev::ServiceRequest;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use steward_domain::ports::IdGenerator;

use super::Session;
use crate::language::Language;

const SESSION: &str = "steward_session";
/// What signed-in forms need is in the session; this is for those before.
const CSRF: &str = "steward_csrf";
const TOASTS: &str = "steward_toasts";
const DRAFT: &str = "steward_draft";
/// Tells the API that somebody signed in from here before, so that nobody who guesses elsewhere locks them out.
const DEVICE: &str = "steward_device";
const LANGUAGE: &str = "steward_language";
const THEME: &str = "steward_theme";
const COLUMNS: &str = "steward_columns";

const LONG: Duration = Duration::days(365);
const SHORT: Duration = Duration::minutes(15);
/// Browsers keep cookies of up to 4,096 bytes; encryption and Base64 take their part.
const LONGEST: usize = 2_700;

/// The cookies of a request, and what becomes of them.
pub(crate) struct Jar {
    cookies: CookieJar,
    keys: Vec<Key>,
    /// Whether the browser came over TLS: then cookies are for TLS alone, and for this host (RFC 6265bis, `__Host-`).
    secure: bool,
}

impl Jar {
    pub(super) fn open(keys: &[Key], request: &ServiceRequest) -> Self {
        let mut cookies = CookieJar::new();
        if let Ok(sent) = request.cookies() {
            for cookie in sent.iter() {
                cookies.add_original(cookie.clone());
            }
        }
        Self { cookies, keys: keys.to_vec(), secure: steward_web::is_over_tls(request.request()) }
    }

    /// What the browser is to be told: each cookie that changed.
    pub(super) fn changes(&self) -> impl Iterator<Item = &Cookie<'static>> {
        self.cookies.delta()
    }

    pub(crate) fn session(&self) -> Option<Session> {
        self.read(SESSION)
    }

    pub(crate) fn keep_session(&mut self, session: &Session) {
        self.keep(SESSION, session, None);
    }

    pub(crate) fn drop_session(&mut self) {
        self.drop(SESSION);
    }

    pub(super) fn csrf(&mut self, ids: &dyn IdGenerator) -> String {
        if let Some(token) = self.session().map(|session| session.csrf).or_else(|| self.read(CSRF)) {
            return token;
        }
        let token = ids.token_id();
        self.keep(CSRF, &token, None);
        token
    }

    pub(super) fn tell(&mut self, toast: Toast) {
        let mut toasts: Vec<Toast> = self.read(TOASTS).unwrap_or_default();
        toasts.push(toast);
        self.keep(TOASTS, &toasts, Some(SHORT));
    }

    /// What there is to tell, once.
    pub(crate) fn take_toasts(&mut self) -> Vec<Toast> {
        let toasts = self.read(TOASTS).unwrap_or_default();
        self.drop(TOASTS);
        toasts
    }

    pub(crate) fn keep_draft(&mut self, draft: &Draft) {
        self.keep(DRAFT, draft, Some(SHORT));
    }

    /// What was typed at `page` when the session was over, once.
    pub(crate) fn take_draft(&mut self, page: &str) -> Option<Draft> {
        let draft: Draft = self.read(DRAFT).filter(|draft: &Draft| draft.page == page)?;
        self.drop(DRAFT);
        Some(draft)
    }

    pub(crate) fn device(&self) -> Option<String> {
        self.read(DEVICE)
    }

    pub(crate) fn keep_device(&mut self, token: &str) {
        self.keep(DEVICE, &token, Some(LONG));
    }

    pub(crate) fn language(&self) -> Option<Language> {
        self.plain(LANGUAGE).and_then(Language::from_tag)
    }

    pub(crate) fn keep_language(&mut self, language: Language) {
        self.keep_plain(LANGUAGE, language.tag());
    }

    pub(crate) fn theme(&self) -> Theme {
        self.plain(THEME).and_then(Theme::from_name).unwrap_or_default()
    }

    pub(crate) fn keep_theme(&mut self, theme: Theme) {
        self.keep_plain(THEME, theme.name());
    }

    /// Which columns of the user list are shown, as it wrote them down.
    pub(crate) fn columns(&self) -> Option<&str> {
        self.plain(COLUMNS)
    }

    pub(crate) fn keep_columns(&mut self, columns: &str) {
        self.keep_plain(COLUMNS, columns);
    }

    fn name(&self, name: &str) -> String {
        if self.secure { format!("__Host-{name}") } else { name.to_owned() }
    }

    fn plain(&self, name: &str) -> Option<&str> {
        self.cookies.get(&self.name(name)).map(Cookie::value)
    }

    fn keep_plain(&mut self, name: &str, value: &str) {
        let cookie = self.cookie(name, value.to_owned(), Some(LONG));
        self.cookies.add(cookie);
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let name = self.name(name);
        let value = self.keys.iter().find_map(|key| self.cookies.private(key).get(&name))?;
        serde_json::from_str(value.value()).ok()
    }

    fn keep(&mut self, name: &str, value: &impl Serialize, age: Option<Duration>) {
        let Ok(value) = serde_json::to_string(value) else { return };
        if value.len() > LONGEST {
            tracing::warn!(name, bytes = value.len(), "too much for a cookie");
            return;
        }
        let cookie = self.cookie(name, value, age);
        if let Some(key) = self.keys.first() {
            self.cookies.private_mut(key).add(cookie);
        }
    }

    fn drop(&mut self, name: &str) {
        let cookie = self.cookie(name, String::new(), None);
        self.cookies.remove(cookie);
    }

    fn cookie(&self, name: &str, value: String, age: Option<Duration>) -> Cookie<'static> {
        let cookie = Cookie::build(self.name(name), value).path("/").http_only(true).secure(self.secure);
        let cookie = cookie.same_site(SameSite::Lax);
        match age {
            Some(age) => cookie.max_age(age).finish(),
            None => cookie.finish(),
        }
    }
}

/// A short message about what was done, with where more about it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Toast {
    pub(crate) failed: bool,
    pub(crate) text: String,
    /// An address in this console, and what it is called.
    pub(crate) link: Option<(String, String)>,
}

impl Toast {
    pub(crate) fn done(text: String) -> Self {
        Self { failed: false, text, link: None }
    }

    pub(crate) fn failed(text: String) -> Self {
        Self { failed: true, text, link: None }
    }

    #[must_use]
    pub(crate) fn with_link(self, to: String, called: String) -> Self {
        Self { link: Some((to, called)), ..self }
    }
}

/// What somebody had typed into a form when their session was over.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Draft {
    /// The page that the form stands on.
    pub(crate) page: String,
    pub(crate) fields: Vec<(String, String)>,
}

impl Draft {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Theme {
    /// What the browser prefers.
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub(crate) const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The id of the text that names it.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::System => "theme-system",
            Self::Light => "theme-light",
            Self::Dark => "theme-dark",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }
}
