//! The cookies. All that matters is encrypted (AES-256-GCM) and out of reach of scripts.

use std::sync::Arc;

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, CookieJar, Key, SameSite};
use actix_web::dev::ServiceRequest;
use actix_web::http::header::COOKIE;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use steward_domain::ports::IdGenerator;

use super::Session;
use crate::language::Language;

const SESSION: &str = "steward_session";
/// The browser's own token: for forms before a sign-in, and the first part of those in every session.
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
pub(crate) struct Cookies {
    jar: CookieJar,
    keys: Arc<[Key]>,
    /// Whether the browser came over TLS: then cookies are for TLS alone, and for this host (RFC 6265bis, `__Host-`).
    secure: bool,
}

impl Cookies {
    pub(super) fn open(keys: &Arc<[Key]>, request: &ServiceRequest) -> Self {
        let mut jar = CookieJar::new();
        // One by one: what cannot be read is somebody else's, and no reason to overlook ours.
        for header in request.headers().get_all(COOKIE) {
            for pair in header.as_bytes().split(|byte| *byte == b';') {
                let cookie = std::str::from_utf8(pair).ok().and_then(|pair| Cookie::parse(pair.to_owned()).ok());
                if let Some(cookie) = cookie {
                    jar.add_original(cookie);
                }
            }
        }
        Self { jar, keys: Arc::clone(keys), secure: steward_web::is_over_tls(request.request()) }
    }

    /// What the browser is to be told: each cookie that changed.
    pub(super) fn changes(&self) -> impl Iterator<Item = &Cookie<'static>> {
        self.jar.delta()
    }

    pub(crate) fn session(&self) -> Option<Session> {
        self.read(SESSION)
    }

    /// What waits for somebody else is dropped.
    pub(crate) fn keep_session(&mut self, session: &Session) {
        if self.read::<Draft>(DRAFT).is_some_and(|draft| draft.user_id != session.user_id) {
            self.drop(DRAFT);
        }
        self.keep(SESSION, session, None);
    }

    /// Forgets who was signed in, but for what waits for their next sign-in.
    pub(crate) fn drop_session(&mut self) {
        self.drop(SESSION);
    }

    /// Forgets who was signed in, and everything of theirs.
    pub(crate) fn sign_out(&mut self) {
        self.drop(SESSION);
        self.drop(DRAFT);
        self.drop(TOASTS);
    }

    /// The token that stays when people sign in and out. It proves that a form is from a page that this browser was
    /// shown, and not whose.
    pub(super) fn browser_token(&self) -> Option<String> {
        self.read(CSRF)
    }

    /// The token of the session, or else of the browser.
    pub(super) fn token(&self) -> Option<String> {
        self.session().map(|session| session.csrf).or_else(|| self.browser_token())
    }

    /// The token of forms on the page that is shown.
    pub(super) fn csrf(&mut self, ids: &dyn IdGenerator) -> String {
        self.token().unwrap_or_else(|| self.browser_token_or_new(ids))
    }

    /// The token of forms in a new session: the browser's, and a part that no page before the sign-in knew.
    pub(super) fn new_csrf(&mut self, ids: &dyn IdGenerator) -> String {
        format!("{}.{}", self.browser_token_or_new(ids), ids.token_id())
    }

    fn browser_token_or_new(&mut self, ids: &dyn IdGenerator) -> String {
        self.browser_token().unwrap_or_else(|| {
            let token = ids.token_id();
            self.keep(CSRF, &token, None);
            token
        })
    }

    pub(super) fn tell(&mut self, toast: Toast) {
        let mut told: Vec<Told> = self.read(TOASTS).unwrap_or_default();
        told.push(Told { to: self.session().map(|session| session.user_id), toast });
        self.keep(TOASTS, &told, Some(SHORT));
    }

    /// What there is to tell whoever is signed in, once. What was for somebody else is told to nobody.
    pub(crate) fn take_toasts(&mut self) -> Vec<Toast> {
        let Some(told) = self.read::<Vec<Told>>(TOASTS) else { return Vec::new() };
        self.drop(TOASTS);
        let reader = self.session().map(|session| session.user_id);
        told.into_iter().filter(|told| told.to.is_none() || told.to == reader).map(|told| told.toast).collect()
    }

    pub(crate) fn keep_draft(&mut self, draft: &Draft) {
        self.keep(DRAFT, draft, Some(SHORT));
    }

    /// What whoever is signed in typed at `page` when their session was over, once.
    pub(crate) fn take_draft(&mut self, page: &str) -> Option<Draft> {
        let reader = self.session()?.user_id;
        let draft: Draft = self.read(DRAFT).filter(|draft: &Draft| draft.page == page && draft.user_id == reader)?;
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
        self.jar.get(&self.name(name)).map(Cookie::value)
    }

    fn keep_plain(&mut self, name: &str, value: &str) {
        let cookie = self.cookie(name, value.to_owned(), Some(LONG));
        self.jar.add(cookie);
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let name = self.name(name);
        let value = self.keys.iter().find_map(|key| self.jar.private(key).get(&name))?;
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
            self.jar.private_mut(key).add(cookie);
        }
    }

    fn drop(&mut self, name: &str) {
        let cookie = self.cookie(name, String::new(), None);
        self.jar.remove(cookie);
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

/// A message, and whom it is for: whoever comes, if that is said nowhere.
#[derive(Serialize, Deserialize)]
struct Told {
    to: Option<String>,
    toast: Toast,
}

/// What somebody had typed into a form when their session was over.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Draft {
    /// Whose it is.
    pub(crate) user_id: String,
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

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use serde_json::json;
    use steward_testkit::TestIds;

    use super::*;

    fn key() -> Key {
        Key::derive_from(&[7; 32])
    }

    /// The cookies of the request after the one whose cookies this is.
    fn next(cookies: &Cookies) -> Cookies {
        let sent: Vec<_> = cookies.jar.iter().map(|cookie| format!("{}={}", cookie.name(), cookie.value())).collect();
        opened(sent.join("; ").as_bytes())
    }

    fn opened(cookies: &[u8]) -> Cookies {
        Cookies::open(&[key()].into(), &TestRequest::get().insert_header((COOKIE, cookies)).to_srv_request())
    }

    fn session(user_id: &str) -> Session {
        serde_json::from_value(json!({
            "user_id": user_id, "user_name": user_id, "role": "admin", "must_change_password": false, "csrf": "c",
            "access_token": "a", "access_expires": 0, "refresh_token": "r",
        }))
        .unwrap()
    }

    fn draft_of(user_id: &str) -> Draft {
        Draft { user_id: user_id.into(), page: "/users/alice".into(), fields: vec![("name".into(), "Al".into())] }
    }

    #[test]
    fn what_was_typed_waits_for_who_typed_it_and_is_there_once() {
        let mut cookies = opened(b"");
        cookies.keep_draft(&draft_of("boss"));
        cookies.keep_session(&session("boss"));
        let mut cookies = next(&cookies);
        assert!(cookies.take_draft("/users/bob").is_none());
        assert_eq!(cookies.take_draft("/users/alice").unwrap().get("name"), Some("Al"));
        assert!(next(&cookies).take_draft("/users/alice").is_none());

        let mut cookies = opened(b"");
        cookies.keep_draft(&draft_of("boss"));
        cookies.keep_session(&session("other"));
        assert!(next(&cookies).take_draft("/users/alice").is_none());
        cookies.keep_session(&session("boss"));
        assert!(next(&cookies).take_draft("/users/alice").is_none(), "it was dropped when somebody else came");
    }

    #[test]
    fn a_message_is_told_to_whom_it_is_for() {
        let mut cookies = opened(b"");
        cookies.keep_session(&session("boss"));
        cookies.tell(Toast::done("done".into()));
        let mut same = next(&cookies);
        assert_eq!(same.take_toasts().len(), 1);
        assert!(next(&same).take_toasts().is_empty());
        let mut nobody = next(&cookies);
        nobody.drop_session();
        assert!(nobody.take_toasts().is_empty());
        // What is told to nobody in particular is for whoever comes.
        cookies.sign_out();
        cookies.tell(Toast::done("signed out".into()));
        assert_eq!(next(&cookies).take_toasts()[0].text, "signed out");
    }

    #[test]
    fn cookies_of_others_do_not_hide_ours_and_ours_cannot_be_swapped() {
        let mut cookies = opened(b"");
        cookies.keep_session(&session("boss"));
        let ours = cookies.jar.get(SESSION).unwrap().value().to_owned();
        let sent = [b"theirs=\xff\xe9; =x; ; ".as_slice(), format!("{SESSION}={ours}").as_bytes()].concat();
        assert_eq!(opened(&sent).session().unwrap().user_id, "boss");
        assert!(opened(format!("{DEVICE}={ours}").as_bytes()).device().is_none(), "bound to its name");
        let (front, back) = ours.split_at(ours.len() / 2);
        let other = if back.starts_with('A') { "B" } else { "A" };
        assert!(opened(format!("{SESSION}={front}{other}{}", &back[1..]).as_bytes()).session().is_none());
        let other_key = Cookies { keys: [Key::derive_from(&[8; 32])].into(), ..next(&cookies) };
        assert!(other_key.session().is_none());
        let both = Cookies { keys: [Key::derive_from(&[8; 32]), key()].into(), ..next(&cookies) };
        assert!(both.session().is_some(), "the key before is still good for reading");
    }

    #[test]
    fn a_form_before_the_sign_in_has_a_token_that_stays() {
        let mut cookies = opened(b"");
        let token = cookies.csrf(&TestIds::default());
        assert_eq!(next(&cookies).csrf(&TestIds::default()), token);
        cookies.keep_session(&session("boss"));
        assert_eq!(cookies.csrf(&TestIds::default()), "c", "who is signed in has another");
        cookies.sign_out();
        assert_eq!(next(&cookies).csrf(&TestIds::default()), token);
        let of_session = cookies.new_csrf(&TestIds::seeded(2));
        assert!(of_session.starts_with(&format!("{token}.")) && of_session.len() > 2 * token.len(), "{of_session}");
    }
}
