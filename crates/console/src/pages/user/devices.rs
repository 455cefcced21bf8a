//! Sessions and their devices, for lists.

use chrono::{DateTime, Utc};
use steward_contracts::bodies::{OwnSession, UserSession};
use steward_domain::device;

use crate::language::Language;

/// A session in a list.
pub(in crate::pages) struct SessionRow {
    pub(in crate::pages) id: String,
    pub(in crate::pages) icon: &'static str,
    pub(in crate::pages) device: String,
    pub(in crate::pages) address: String,
    pub(in crate::pages) created_at: DateTime<Utc>,
    pub(in crate::pages) last_seen_at: DateTime<Utc>,
    /// Whether it is the session of the request.
    pub(in crate::pages) is_current: bool,
}

impl SessionRow {
    pub(in crate::pages) fn of_user(session: UserSession, language: Language) -> Self {
        let UserSession { id, created_at, last_seen_at, ip_address, user_agent, .. } = session;
        Self::new(id, (created_at, last_seen_at), ip_address, user_agent.as_deref(), false, language)
    }

    pub(in crate::pages) fn own(session: OwnSession, language: Language) -> Self {
        let OwnSession { id, created_at, last_seen_at, ip_address, user_agent, current, .. } = session;
        Self::new(id, (created_at, last_seen_at), ip_address, user_agent.as_deref(), current, language)
    }

    fn new(
        id: String,
        (created_at, last_seen_at): (DateTime<Utc>, DateTime<Utc>),
        address: Option<String>,
        user_agent: Option<&str>,
        is_current: bool,
        language: Language,
    ) -> Self {
        Self {
            id,
            icon: icon(user_agent),
            device: name(user_agent, language),
            address: address.unwrap_or_else(|| "–".to_owned()),
            created_at,
            last_seen_at,
            is_current,
        }
    }
}

/// Returns the name of a device in the user's language.
pub(in crate::pages) fn name(user_agent: Option<&str>, language: Language) -> String {
    let device = device::describe(user_agent);
    if device == device::UNKNOWN {
        return language.text("user-device-unknown");
    }
    match device.split_once(" on ") {
        Some((browser, system)) => {
            language.text_with("user-device", &[("browser", browser.into()), ("system", system.into())])
        }
        None => device,
    }
}

/// Returns the icon for a handheld device or a computer.
fn icon(user_agent: Option<&str>) -> &'static str {
    let agent = user_agent.unwrap_or_default();
    if ["iPhone", "iPad", "Android", "Mobile"].iter().any(|name| agent.contains(name)) { "phone" } else { "monitor" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                         Version/17.5 Mobile/15E148 Safari/604.1";

    #[test]
    fn devices_are_named_in_each_language() {
        assert_eq!(name(Some(PHONE), Language::English), "Safari on iPhone");
        assert_eq!(name(Some(PHONE), Language::Korean), "iPhone의 Safari");
        assert_eq!(name(Some("curl/8.5.0"), Language::Korean), "curl");
        assert_eq!(name(None, Language::Korean), "알 수 없는 기기");
    }

    #[test]
    fn phones_have_their_own_icon() {
        assert_eq!(icon(Some(PHONE)), "phone");
        assert_eq!((icon(Some("curl/8.5.0")), icon(None)), ("monitor", "monitor"));
    }
}
