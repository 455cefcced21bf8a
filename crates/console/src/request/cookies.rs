//! The cookies. Sensitive ones are encrypted (AES-256-GCM); scripts can read none of them.

use std::sync::Arc;

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, CookieJar, Key, SameSite};
use actix_web::dev::ServiceRequest;
use actix_web::http::header::COOKIE;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use steward_domain::ports::IdGenerator;

use super::{Session, Theme, Toast};
use crate::language::Language;

const SESSION: &str = "steward_session";
/// The browser's own token: for forms before the sign-in, and the first part of the token of every session.
const CSRF: &str = "steward_csrf";
const TOASTS: &str = "steward_toasts";
const DRAFT: &str = "steward_draft";
/// Proves to the API that a user has signed in with this browser before. Failed attempts elsewhere then do not lock the
/// user out.
const DEVICE: &str = "steward_device";
const LANGUAGE: &str = "steward_language";
const THEME: &str = "steward_theme";
const COLUMNS: &str = "steward_columns";

const LONG_LIVED: Duration = Duration::days(365);
const SHORT_LIVED: Duration = Duration::minutes(15);
/// Browsers store cookies of up to 4,096 bytes. Encryption and Base64 add to the length.
const MAX_LENGTH: usize = 2_700;

/// The cookies of a request, and the changes to them.
pub(crate) struct Cookies {
    jar: CookieJar,
    keys: Arc<[Key]>,
    /// Whether the browser came over TLS. Then cookies are restricted to TLS and to this host (RFC 6265bis, `__Host-`).
    secure: bool,
}

impl Cookies {
    pub(super) fn open(keys: &Arc<[Key]>, request: &ServiceRequest) -> Self {
        let mut jar = CookieJar::new();
        // Parsed one by one: a malformed cookie of another application must not hide the console's own.
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

    /// Returns each cookie that changed, for the response.
    pub(super) fn changes(&self) -> impl Iterator<Item = &Cookie<'static>> {
        self.jar.delta()
    }

    pub(crate) fn session(&self) -> Option<Session> {
        self.read(SESSION)
    }

    /// Sets the session. Removes the draft of another user.
    pub(crate) fn set_session(&mut self, session: &Session) {
        if self.read::<Draft>(DRAFT).is_some_and(|draft| draft.user_id != session.user_id) {
            self.remove(DRAFT);
        }
        self.write(SESSION, session, None);
    }

    /// Removes the session, but keeps the user's draft for the next sign-in.
    pub(crate) fn remove_session(&mut self) {
        self.remove(SESSION);
    }

    /// Removes the session and all data of its user.
    pub(crate) fn sign_out(&mut self) {
        self.remove(SESSION);
        self.remove(DRAFT);
        self.remove(TOASTS);
    }

    /// Returns the token that outlives sign-ins and sign-outs. It proves that a form is from a page in this browser,
    /// not from which session.
    pub(super) fn browser_token(&self) -> Option<String> {
        self.read(CSRF)
    }

    /// Returns the token of the session, or else of the browser.
    pub(super) fn token(&self) -> Option<String> {
        self.session().map(|session| session.csrf).or_else(|| self.browser_token())
    }

    /// Returns the token for the forms of a page.
    pub(super) fn csrf(&mut self, ids: &dyn IdGenerator) -> String {
        self.token().unwrap_or_else(|| self.browser_token_or_new(ids))
    }

    /// Returns the token for a new session: the browser's, and a part that no page before the sign-in contains.
    pub(super) fn new_csrf(&mut self, ids: &dyn IdGenerator) -> String {
        format!("{}.{}", self.browser_token_or_new(ids), ids.token_id())
    }

    fn browser_token_or_new(&mut self, ids: &dyn IdGenerator) -> String {
        self.browser_token().unwrap_or_else(|| {
            let token = ids.token_id();
            self.write(CSRF, &token, None);
            token
        })
    }

    pub(super) fn add_toast(&mut self, toast: Toast) {
        let mut toasts: Vec<AddressedToast> = self.read(TOASTS).unwrap_or_default();
        toasts.push(AddressedToast { user_id: self.session().map(|session| session.user_id), toast });
        self.write(TOASTS, &toasts, Some(SHORT_LIVED));
    }

    /// Takes the messages for the signed-in user. Discards those for other users.
    pub(crate) fn take_toasts(&mut self) -> Vec<Toast> {
        let Some(toasts) = self.read::<Vec<AddressedToast>>(TOASTS) else { return Vec::new() };
        self.remove(TOASTS);
        let reader = self.session().map(|session| session.user_id);
        toasts
            .into_iter()
            .filter(|addressed| addressed.user_id.is_none() || addressed.user_id == reader)
            .map(|addressed| addressed.toast)
            .collect()
    }

    pub(crate) fn set_draft(&mut self, draft: &Draft) {
        self.write(DRAFT, draft, Some(SHORT_LIVED));
    }

    /// Takes the draft that the signed-in user left at `page` when the session ended.
    pub(crate) fn take_draft(&mut self, page: &str) -> Option<Draft> {
        let reader = self.session()?.user_id;
        let draft: Draft = self.read(DRAFT).filter(|draft: &Draft| draft.page == page && draft.user_id == reader)?;
        self.remove(DRAFT);
        Some(draft)
    }

    pub(crate) fn device(&self) -> Option<String> {
        self.read(DEVICE)
    }

    pub(crate) fn set_device(&mut self, token: &str) {
        self.write(DEVICE, &token, Some(LONG_LIVED));
    }

    pub(crate) fn language(&self) -> Option<Language> {
        self.plain(LANGUAGE).and_then(Language::from_tag)
    }

    pub(crate) fn set_language(&mut self, language: Language) {
        self.set_plain(LANGUAGE, language.tag());
    }

    pub(crate) fn theme(&self) -> Theme {
        self.plain(THEME).and_then(Theme::from_name).unwrap_or_default()
    }

    pub(crate) fn set_theme(&mut self, theme: Theme) {
        self.set_plain(THEME, theme.name());
    }

    /// Returns the shown columns of the user list, as the list serialised them.
    pub(crate) fn columns(&self) -> Option<&str> {
        self.plain(COLUMNS)
    }

    pub(crate) fn set_columns(&mut self, columns: &str) {
        self.set_plain(COLUMNS, columns);
    }

    fn name(&self, name: &str) -> String {
        if self.secure { format!("__Host-{name}") } else { name.to_owned() }
    }

    fn plain(&self, name: &str) -> Option<&str> {
        self.jar.get(&self.name(name)).map(Cookie::value)
    }

    fn set_plain(&mut self, name: &str, value: &str) {
        let cookie = self.cookie(name, value.to_owned(), Some(LONG_LIVED));
        self.jar.add(cookie);
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let name = self.name(name);
        let value = self.keys.iter().find_map(|key| self.jar.private(key).get(&name))?;
        serde_json::from_str(value.value()).ok()
    }

    fn write(&mut self, name: &str, value: &impl Serialize, age: Option<Duration>) {
        let Ok(value) = serde_json::to_string(value) else { return };
        if value.len() > MAX_LENGTH {
            tracing::warn!(name, bytes = value.len(), "dropped a cookie that exceeds the size limit of browsers");
            return;
        }
        let cookie = self.cookie(name, value, age);
        if let Some(key) = self.keys.first() {
            self.jar.private_mut(key).add(cookie);
        }
    }

    fn remove(&mut self, name: &str) {
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

/// A message with the id of the user it is for; without an id, it is for any user.
#[derive(Serialize, Deserialize)]
struct AddressedToast {
    #[serde(rename = "to")]
    user_id: Option<String>,
    toast: Toast,
}

/// The fields of a form that was submitted after the session had ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Draft {
    /// The user who submitted it.
    pub(crate) user_id: String,
    /// The page of the form.
    pub(crate) page: String,
    pub(crate) fields: Vec<(String, String)>,
}

impl Draft {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Returns every value of the field.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
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

    /// Returns the cookies of the following request.
    fn next(cookies: &Cookies) -> Cookies {
        let sent: Vec<_> = cookies.jar.iter().map(|cookie| format!("{}={}", cookie.name(), cookie.value())).collect();
        parse(sent.join("; ").as_bytes())
    }

    fn parse(cookies: &[u8]) -> Cookies {
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
    fn a_draft_is_restored_once_and_only_for_its_user() {
        let mut cookies = parse(b"");
        cookies.set_draft(&draft_of("boss"));
        cookies.set_session(&session("boss"));
        let mut cookies = next(&cookies);
        assert!(cookies.take_draft("/users/bob").is_none());
        assert_eq!(cookies.take_draft("/users/alice").unwrap().get("name"), Some("Al"));
        assert!(next(&cookies).take_draft("/users/alice").is_none());

        let mut cookies = parse(b"");
        cookies.set_draft(&draft_of("boss"));
        cookies.set_session(&session("other"));
        assert!(next(&cookies).take_draft("/users/alice").is_none());
        cookies.set_session(&session("boss"));
        assert!(next(&cookies).take_draft("/users/alice").is_none(), "removed when another user signed in");
    }

    #[test]
    fn a_toast_is_shown_to_its_recipient_only() {
        let mut cookies = parse(b"");
        cookies.set_session(&session("boss"));
        cookies.add_toast(Toast::done("done".into()));
        let mut same = next(&cookies);
        assert_eq!(same.take_toasts().len(), 1);
        assert!(next(&same).take_toasts().is_empty());
        let mut signed_out = next(&cookies);
        signed_out.remove_session();
        assert!(signed_out.take_toasts().is_empty());
        // A message without a recipient is for any user.
        cookies.sign_out();
        cookies.add_toast(Toast::done("signed out".into()));
        assert_eq!(next(&cookies).take_toasts()[0].text, "signed out");
    }

    #[test]
    fn malformed_cookies_are_skipped_and_values_cannot_be_swapped_or_altered() {
        let mut cookies = parse(b"");
        cookies.set_session(&session("boss"));
        let ours = cookies.jar.get(SESSION).unwrap().value().to_owned();
        let sent = [b"theirs=\xff\xe9; =x; ; ".as_slice(), format!("{SESSION}={ours}").as_bytes()].concat();
        assert_eq!(parse(&sent).session().unwrap().user_id, "boss");
        assert!(
            parse(format!("{DEVICE}={ours}").as_bytes()).device().is_none(),
            "a value is bound to the name of its cookie"
        );
        let (front, back) = ours.split_at(ours.len() / 2);
        let other = if back.starts_with('A') { "B" } else { "A" };
        assert!(parse(format!("{SESSION}={front}{other}{}", &back[1..]).as_bytes()).session().is_none());
        let other_key = Cookies { keys: [Key::derive_from(&[8; 32])].into(), ..next(&cookies) };
        assert!(other_key.session().is_none());
        let both = Cookies { keys: [Key::derive_from(&[8; 32]), key()].into(), ..next(&cookies) };
        assert!(both.session().is_some(), "an earlier key still decrypts");
    }

    #[test]
    fn the_browser_token_outlives_sessions() {
        let mut cookies = parse(b"");
        let token = cookies.csrf(&TestIds::default());
        assert_eq!(next(&cookies).csrf(&TestIds::default()), token);
        cookies.set_session(&session("boss"));
        assert_eq!(cookies.csrf(&TestIds::default()), "c", "a session has a token of its own");
        cookies.sign_out();
        assert_eq!(next(&cookies).csrf(&TestIds::default()), token);
        let session_token = cookies.new_csrf(&TestIds::seeded(2));
        assert!(
            session_token.starts_with(&format!("{token}.")) && session_token.len() > 2 * token.len(),
            "{session_token}"
        );
    }
}
