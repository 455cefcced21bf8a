//! The texts of the console in every language: Project Fluent catalogues under `locales/`.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::{LanguageIdentifier, langid};

use crate::isolate::isolated;

/// A language of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Korean,
}

macro_rules! catalogue {
    ($language:literal) => {
        &[
            include_str!(concat!("../locales/", $language, "/common.ftl")),
            include_str!(concat!("../locales/", $language, "/sign-in.ftl")),
            include_str!(concat!("../locales/", $language, "/invitations.ftl")),
            include_str!(concat!("../locales/", $language, "/links.ftl")),
            include_str!(concat!("../locales/", $language, "/dashboard.ftl")),
            include_str!(concat!("../locales/", $language, "/users.ftl")),
            include_str!(concat!("../locales/", $language, "/user.ftl")),
            include_str!(concat!("../locales/", $language, "/audit.ftl")),
            include_str!(concat!("../locales/", $language, "/sign-ins.ftl")),
            include_str!(concat!("../locales/", $language, "/outbox.ftl")),
            include_str!(concat!("../locales/", $language, "/analytics.ftl")),
            include_str!(concat!("../locales/", $language, "/account.ftl")),
            include_str!(concat!("../locales/", $language, "/profile.ftl")),
        ]
    };
}

const ENGLISH: &[&str] = catalogue!("en");
const KOREAN: &[&str] = catalogue!("ko");

static BUNDLES: LazyLock<[FluentBundle<FluentResource>; 2]> =
    LazyLock::new(|| [bundle(langid!("en"), ENGLISH), bundle(langid!("ko"), KOREAN)]);

fn bundle(language: LanguageIdentifier, catalogues: &[&str]) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // Numbers and most names need no isolate. `Value` adds it to the texts that do.
    bundle.set_use_isolating(false);
    for catalogue in catalogues {
        // Messages that do not parse are skipped here. The tests fail on them.
        let resource = match FluentResource::try_new((*catalogue).to_owned()) {
            Ok(resource) | Err((resource, _)) => resource,
        };
        let _ = bundle.add_resource(resource);
    }
    bundle
}

impl Language {
    /// Every language.
    pub(crate) const ALL: [Self; 2] = [Self::English, Self::Korean];

    /// Returns the language tag (RFC 5646).
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Korean => "ko",
        }
    }

    /// Returns the name of the language in that language.
    pub(crate) fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Korean => "한국어",
        }
    }

    pub(crate) fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// Returns the supported language of a profile's language tag.
    pub(crate) fn of_locale(tag: &str) -> Option<Self> {
        Self::from_tag(tag.split('-').next().unwrap_or_default())
    }

    /// Returns the supported language that the browser prefers (RFC 9110, 12.5.4).
    pub(crate) fn preferred(accept_language: &str) -> Self {
        let weighted = accept_language.split(',').filter_map(|range| {
            let mut parts = range.split(';');
            let tag = parts.next()?.trim().split('-').next()?.to_ascii_lowercase();
            let weight = parts.find_map(|part| part.trim().strip_prefix("q="));
            let weight: f32 = weight.map_or(Ok(1.0), str::parse).ok()?;
            Some((Self::from_tag(&tag)?, weight))
        });
        // The first of several with equal weight.
        let best =
            weighted.filter(|(_, weight)| *weight > 0.0).reduce(|best, next| if next.1 > best.1 { next } else { best });
        best.map_or(Self::English, |(language, _)| language)
    }

    /// Returns the text with this id, or the id itself if the text is missing.
    pub(crate) fn text(self, id: &str) -> String {
        self.format(id, None)
    }

    /// Returns the text with this id, with values inserted.
    pub(crate) fn text_with(self, id: &str, values: &[(&str, Value)]) -> String {
        let mut args = FluentArgs::with_capacity(values.len());
        for (name, value) in values {
            args.set(*name, value.0.clone());
        }
        self.format(id, Some(&args))
    }

    fn format(self, id: &str, args: Option<&FluentArgs<'_>>) -> String {
        let bundle = &BUNDLES[self as usize];
        let Some(pattern) = bundle.get_message(id).and_then(|message| message.value()) else {
            tracing::warn!(id, language = self.tag(), "missing text");
            return id.to_owned();
        };
        bundle.format_pattern(pattern, args, &mut Vec::new()).into_owned()
    }
}

/// A value in a text: a string, isolated if its direction may differ, or a number, by which the text may choose a
/// plural form.
pub(crate) struct Value(FluentValue<'static>);

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self(FluentValue::from(isolated(text).into_owned()))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self(FluentValue::from(number))
    }
}

impl From<&u64> for Value {
    fn from(number: &u64) -> Self {
        Self::from(*number)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self(FluentValue::from(number))
    }
}

#[cfg(test)]
mod tests;
