//! The frame around every page: title, navigation, signed-in user and messages. Also formats numbers and relative times.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use steward_contracts::bodies::UserRole;

use crate::assets;
use crate::isolate::isolated;
use crate::language::{Language, Value};
use crate::request::{RequestContext, Session, SignedIn, Theme, Toast};
use crate::roles;
use crate::times::Times;

/// A section of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Dashboard,
    Users,
    Audit,
    /// The sign-in log and the active sessions.
    SignIns,
    Outbox,
    Analytics,
    Account,
    /// Pages before the sign-in, and failures.
    None,
}

impl Section {
    /// The sections of the main navigation, for administrators: path, text id and icon.
    pub(crate) const MAIN: [(Self, &'static str, &'static str, &'static str); 6] = [
        (Self::Dashboard, "/dashboard", "nav-dashboard", "home"),
        (Self::Users, "/users", "nav-users", "users"),
        (Self::Audit, "/audit", "nav-audit", "log"),
        (Self::SignIns, "/sign-ins", "nav-sign-ins", "login"),
        (Self::Outbox, "/outbox", "nav-outbox", "mail"),
        (Self::Analytics, "/analytics", "nav-analytics", "chart"),
    ];
}

/// The frame around a page. Templates access it as `frame`.
pub(crate) struct Frame {
    context: RequestContext,
    /// Decrypted from its cookie when the first form needs it.
    csrf: OnceCell<String>,
    submission_id: OnceCell<String>,
    times: Times,
    pub(crate) title: String,
    pub(crate) section: Section,
    /// The parent pages: path and name.
    pub(crate) crumbs: Vec<(String, String)>,
    pub(crate) person: Option<Person>,
    pub(crate) toasts: Vec<Toast>,
}

/// The signed-in user.
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) role: UserRole,
    /// The hash of the user's picture.
    pub(crate) avatar: Option<String>,
    /// Whether the administration is accessible.
    pub(crate) is_administrator: bool,
    /// Whether the session has an outstanding requirement.
    pub(crate) is_restricted: bool,
}

// Templates call methods of the frame.
#[expect(clippy::unused_self)]
impl Frame {
    /// Creates a frame without a user.
    pub(crate) fn new(context: &RequestContext, title: String) -> Self {
        let toasts = context.cookies().take_toasts();
        let (section, csrf, submission_id, crumbs) = (Section::None, OnceCell::new(), OnceCell::new(), Vec::new());
        let times = Times::default();
        Self { context: context.clone(), csrf, submission_id, times, title, section, crumbs, person: None, toasts }
    }

    /// Creates a frame for the signed-in user.
    pub(crate) fn signed_in(caller: &SignedIn, section: Section, title: String) -> Self {
        Self::for_session(&caller.context, &caller.session, section, title)
    }

    /// Creates a frame for the user of a session.
    pub(crate) fn for_session(context: &RequestContext, session: &Session, section: Section, title: String) -> Self {
        let is_restricted = session.requirements().first().is_some();
        let person = Person {
            name: session.user_name.clone(),
            role: session.role,
            avatar: session.avatar.clone(),
            is_administrator: session.is_administrator() && !is_restricted,
            is_restricted,
        };
        Self { section, times: session.times(), person: Some(person), ..Self::new(context, title) }
    }

    /// Adds a parent page.
    #[must_use]
    pub(crate) fn below(mut self, address: impl Into<String>, name: impl Into<String>) -> Self {
        self.crumbs.push((address.into(), name.into()));
        self
    }

    pub(crate) fn language(&self) -> Language {
        self.context.language()
    }

    /// Returns the text with this id.
    pub(crate) fn t(&self, id: &str) -> String {
        self.language().text(id)
    }

    /// Returns the text with this id, with one value inserted.
    pub(crate) fn tw(&self, id: &str, name: &str, value: impl Into<Value>) -> String {
        self.language().text_with(id, &[(name, value.into())])
    }

    /// Returns the text with this id, with two values inserted.
    pub(crate) fn tw2(
        &self,
        id: &str,
        name: &str,
        value: impl Into<Value>,
        other: &str,
        other_value: impl Into<Value>,
    ) -> String {
        self.language().text_with(id, &[(name, value.into()), (other, other_value.into())])
    }

    /// Returns the CSRF token of the page's forms.
    pub(crate) fn csrf(&self) -> &str {
        self.csrf.get_or_init(|| self.context.csrf())
    }

    /// Returns the id by which a repeated submission of the page's forms is recognised.
    pub(crate) fn submission_id(&self) -> &str {
        self.submission_id.get_or_init(|| self.context.submission_id())
    }

    /// Returns the name that windows of the same session and language share.
    pub(crate) fn channel(&self) -> String {
        let digest = Sha256::digest(format!("{} {}", self.csrf(), self.language().tag()));
        format!("steward-{}", base16ct::lower::encode_string(&digest[..8]))
    }

    /// Returns path and query of the page, which every form sends as well.
    pub(crate) fn target(&self) -> String {
        self.context.page_address()
    }

    /// Returns the title for the browser window, which cannot contain markup.
    pub(crate) fn isolated_title(&self) -> Cow<'_, str> {
        isolated(&self.title)
    }

    pub(crate) fn theme(&self) -> Theme {
        self.context.theme()
    }

    pub(crate) fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    /// Returns the name of a role.
    pub(crate) fn role(&self, role: &UserRole) -> String {
        self.t(roles::text(*role))
    }

    /// Returns the CSS classes of a role's badge.
    pub(crate) fn role_class(&self, role: &UserRole) -> &'static str {
        match role {
            UserRole::User => "badge",
            UserRole::Admin => "badge manager",
            UserRole::SuperAdmin => "badge admin",
        }
    }

    /// Formats a number with thousands separators.
    pub(crate) fn number(&self, number: &u64) -> String {
        grouped(*number)
    }

    /// Returns the format of times for the viewer.
    pub(crate) fn times(&self) -> Times {
        self.times
    }

    /// Formats an instant as RFC 3339.
    pub(crate) fn rfc3339(&self, at: &DateTime<Utc>) -> String {
        at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
    }

    /// Formats an instant relative to now.
    pub(crate) fn ago(&self, at: &DateTime<Utc>) -> String {
        let seconds = (self.context.now() - at).num_seconds();
        let (id, n) = match seconds.unsigned_abs() {
            0..=59 => return self.t("time-now"),
            s @ 60..=3_599 => ("minutes", s / 60),
            s @ 3_600..=86_399 => ("hours", s / 3_600),
            s @ 86_400..=2_591_999 => ("days", s / 86_400),
            s @ 2_592_000..=31_535_999 => ("months", s / 2_592_000),
            s => ("years", s / 31_536_000),
        };
        let id = if seconds >= 0 { format!("time-ago-{id}") } else { format!("time-ahead-{id}") };
        self.tw(&id, "n", n)
    }
}

/// Formats a number with thousands separators: `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        let _ = text.write_char(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
