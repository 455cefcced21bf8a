//! What every page stands in: title, navigation, who is signed in, messages; and how times and numbers are written.

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

/// A part of the console that the navigation leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Dashboard,
    Users,
    Audit,
    Analytics,
    Account,
    /// Before anybody has signed in, or where something went wrong.
    None,
}

impl Section {
    /// Those of the main navigation, for administrators: each with its address, its text's id and its icon.
    pub(crate) const MAIN: [(Self, &'static str, &'static str, &'static str); 4] = [
        (Self::Dashboard, "/dashboard", "nav-dashboard", "home"),
        (Self::Users, "/users", "nav-users", "users"),
        (Self::Audit, "/audit", "nav-audit", "log"),
        (Self::Analytics, "/analytics", "nav-analytics", "chart"),
    ];
}

/// What every page stands in. Templates have it as `frame`.
pub(crate) struct Frame {
    context: RequestContext,
    /// Read out of its encrypted cookie when the first form asks.
    csrf: OnceCell<String>,
    once: OnceCell<String>,
    pub(crate) title: String,
    pub(crate) section: Section,
    /// The pages above this one: address and name.
    pub(crate) crumbs: Vec<(String, String)>,
    pub(crate) person: Option<Person>,
    pub(crate) toasts: Vec<Toast>,
}

/// Who is signed in.
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) role: UserRole,
    /// Whether anything but their account is open to them.
    pub(crate) is_administrator: bool,
    pub(crate) restricted: bool,
}

// Templates call methods of the frame.
#[expect(clippy::unused_self)]
impl Frame {
    /// The frame of a page for nobody in particular.
    pub(crate) fn of(context: &RequestContext, title: String) -> Self {
        let toasts = context.cookies().take_toasts();
        let (section, csrf, once, crumbs) = (Section::None, OnceCell::new(), OnceCell::new(), Vec::new());
        Self { context: context.clone(), csrf, once, title, section, crumbs, person: None, toasts }
    }

    /// The frame of a page for whoever is signed in.
    pub(crate) fn signed_in(who: &SignedIn, section: Section, title: String) -> Self {
        Self::of_session(&who.context, &who.session, section, title)
    }

    /// The frame of a page for whoever this session is of.
    pub(crate) fn of_session(context: &RequestContext, session: &Session, section: Section, title: String) -> Self {
        let person = Person {
            name: session.user_name.clone(),
            role: session.role,
            is_administrator: session.is_administrator() && !session.must_change_password,
            restricted: session.must_change_password,
        };
        Self { section, person: Some(person), ..Self::of(context, title) }
    }

    /// The same below this page.
    #[must_use]
    pub(crate) fn below(mut self, address: impl Into<String>, name: impl Into<String>) -> Self {
        self.crumbs.push((address.into(), name.into()));
        self
    }

    pub(crate) fn language(&self) -> Language {
        self.context.language()
    }

    /// The text with this id.
    pub(crate) fn t(&self, id: &str) -> String {
        self.language().text(id)
    }

    /// The text with this id, with one value put in.
    pub(crate) fn tw(&self, id: &str, name: &str, value: impl Into<Value>) -> String {
        self.language().text_with(id, &[(name, value.into())])
    }

    /// The text with this id, with two values put in.
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

    /// What every form sends back.
    pub(crate) fn csrf(&self) -> &str {
        self.csrf.get_or_init(|| self.context.csrf())
    }

    /// What every form that changes something sends back, so that a second submission of it is known as such.
    pub(crate) fn once(&self) -> &str {
        self.once.get_or_init(|| self.context.once())
    }

    /// Names what all windows of one session share that read the same language.
    pub(crate) fn channel(&self) -> String {
        let digest = Sha256::digest(format!("{} {}", self.csrf(), self.language().tag()));
        format!("steward-{}", base16ct::lower::encode_string(&digest[..8]))
    }

    /// Path and query of this page, which every form sends back, too.
    pub(crate) fn target(&self) -> String {
        self.context.page_address()
    }

    /// The title for the browser's own window, where there is no markup.
    pub(crate) fn isolated_title(&self) -> Cow<'_, str> {
        isolated(&self.title)
    }

    pub(crate) fn theme(&self) -> Theme {
        self.context.theme()
    }

    pub(crate) fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    /// A role, in words.
    pub(crate) fn role(&self, role: &UserRole) -> String {
        self.t(roles::text(*role))
    }

    /// The style of a role's badge.
    pub(crate) fn role_class(&self, role: &UserRole) -> &'static str {
        match role {
            UserRole::User => "badge",
            UserRole::Admin => "badge manager",
            UserRole::SuperAdmin => "badge admin",
        }
    }

    /// A number with its thousands apart.
    pub(crate) fn number(&self, number: &u64) -> String {
        grouped(*number)
    }

    /// An instant as people of every country read it, in UTC; the script shows it in the browser's time zone.
    pub(crate) fn instant(&self, at: &DateTime<Utc>) -> String {
        instant(at)
    }

    /// An instant for programs (RFC 3339).
    pub(crate) fn machine(&self, at: &DateTime<Utc>) -> String {
        at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
    }

    /// How long ago an instant is, or how far ahead.
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

/// An instant as people of every country read it, in UTC.
pub(crate) fn instant(at: &DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// A number with its thousands apart: `1,234,567`.
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
    fn thousands_are_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
