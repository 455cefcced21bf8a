//! The texts of mails in every language: Project Fluent catalogues under `locales/`.

use std::sync::LazyLock;

use chrono::{Datelike, Timelike};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use steward_domain::{Locale, Role, Timestamp};
use unic_langid::{LanguageIdentifier, langid};

/// A language of mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English, the default.
    English,
    /// Korean.
    Korean,
}

const ENGLISH: &str = include_str!("../locales/en.ftl");
const KOREAN: &str = include_str!("../locales/ko.ftl");

static BUNDLES: LazyLock<[FluentBundle<FluentResource>; 2]> =
    LazyLock::new(|| [bundle(langid!("en"), ENGLISH), bundle(langid!("ko"), KOREAN)]);

fn bundle(language: LanguageIdentifier, catalogue: &str) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // Values that need an isolate contain it.
    bundle.set_use_isolating(false);
    // Messages that do not parse are skipped here. The tests fail on them.
    let resource = match FluentResource::try_new(catalogue.to_owned()) {
        Ok(resource) | Err((resource, _)) => resource,
    };
    let _ = bundle.add_resource(resource);
    bundle
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::Korean];

    /// Returns the language tag (RFC 5646).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Korean => "ko",
        }
    }

    /// Returns the recipient's language, or English if it has no catalogue.
    pub(crate) fn of(locale: Option<&Locale>) -> Self {
        let language = locale.map(Locale::language);
        Self::ALL.into_iter().find(|known| Some(known.tag()) == language).unwrap_or(Self::English)
    }

    /// Returns the text with this id, or the id itself if the text is missing.
    pub(crate) fn text(self, id: &str) -> String {
        self.text_with(id, &[])
    }

    /// Returns the text with this id, with values inserted. The values must be [`clean`](crate::clean::clean).
    pub(crate) fn text_with(self, id: &str, values: &[(&str, &str)]) -> String {
        self.find(id, values).unwrap_or_else(|| {
            tracing::warn!(id, language = self.tag(), "missing text");
            id.to_owned()
        })
    }

    /// [`Language::text_with`] for a text that only some mails have.
    pub(crate) fn find(self, id: &str, values: &[(&str, &str)]) -> Option<String> {
        let mut args = FluentArgs::with_capacity(values.len());
        for (name, value) in values {
            args.set(*name, FluentValue::from(*value));
        }
        self.format(id, &args)
    }

    /// Returns a time in UTC, to the minute, with the zone.
    pub(crate) fn time(self, at: Timestamp) -> String {
        let mut args = FluentArgs::with_capacity(4);
        args.set("year", FluentValue::from(at.year().to_string()));
        args.set("month", FluentValue::from(at.month()));
        args.set("day", FluentValue::from(at.day()));
        args.set("time", FluentValue::from(format!("{:02}:{:02}", at.hour(), at.minute())));
        self.format("time", &args).unwrap_or_else(|| at.to_rfc3339())
    }

    /// Returns the name of a role.
    pub(crate) fn role(self, role: Role) -> String {
        self.text(match role {
            Role::User => "role-user",
            Role::Admin => "role-admin",
            Role::SuperAdmin => "role-super-admin",
        })
    }

    fn format(self, id: &str, args: &FluentArgs<'_>) -> Option<String> {
        let bundle = &BUNDLES[self as usize];
        let pattern = bundle.get_message(id)?.value()?;
        Some(bundle.format_pattern(pattern, Some(args), &mut Vec::new()).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Returns the messages of a catalogue with the values that each takes.
    fn messages(catalogue: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut messages = BTreeMap::new();
        let mut id = String::new();
        for line in catalogue.lines() {
            let is_id = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
            if let Some((name, _)) = line.split_once(" =").filter(|(name, _)| is_id(name)) {
                id = name.to_owned();
                assert!(messages.insert(id.clone(), BTreeSet::new()).is_none(), "duplicate id {id}");
            }
            for (at, _) in line.match_indices('$') {
                let value = line[at + 1..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                messages.get_mut(&id).expect("a value belongs to a message").insert(value);
            }
        }
        messages
    }

    #[test]
    fn both_catalogues_parse_and_have_equal_ids_and_values() {
        for catalogue in [ENGLISH, KOREAN] {
            let resource = FluentResource::try_new(catalogue.to_owned());
            assert!(resource.is_ok(), "{:?}", resource.err().map(|(_, errors)| errors));
        }
        let (english, korean) = (messages(ENGLISH), messages(KOREAN));
        assert!(english.len() > 50);
        assert_eq!(english, korean);
    }

    #[test]
    fn the_recipients_language_is_chosen() {
        for (tag, language) in [("ko", Language::Korean), ("ko-KR", Language::Korean), ("fr", Language::English)] {
            assert_eq!(Language::of(Some(&Locale::parse(tag).unwrap())), language);
        }
        assert_eq!(Language::of(None), Language::English);
    }

    #[test]
    fn a_time_has_its_zone() {
        let at = Timestamp::from_timestamp_micros(1_767_312_309_000_000).unwrap();
        assert_eq!(Language::English.time(at), "2 January 2026, 00:05 UTC");
        assert_eq!(Language::Korean.time(at), "2026년 1월 2일 00:05 UTC");
    }
}
