use chrono::{DateTime, TimeDelta, Utc};
use steward_contracts::bodies::{UserList, format_instant};

use super::dates::parse_instant;
use crate::language::Language;
use crate::times::Times;

/// The tolerated difference between the clocks of the console and the API.
const TOLERANCE: TimeDelta = TimeDelta::seconds(60);

/// A filter by last log-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LastLogin {
    /// Within this period.
    Within(Period),
    /// Before this period, but at least once.
    Before(Period),
    Never,
    /// From one instant until before another. The page does not offer it; segments of other clients may contain it.
    Between(Option<DateTime<Utc>>, Option<DateTime<Utc>>),
}

/// A period before the reference time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Period {
    Day,
    Week,
    Month,
    Quarter,
}

impl LastLogin {
    /// The choices that the page offers.
    pub(super) const CHOICES: [Self; 6] = [
        Self::Within(Period::Day),
        Self::Within(Period::Week),
        Self::Within(Period::Month),
        Self::Before(Period::Month),
        Self::Before(Period::Quarter),
        Self::Never,
    ];

    /// Parses the value in URLs.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(choice) = Self::CHOICES.into_iter().find(|choice| choice.name() == text) {
            return Some(choice);
        }
        let (from, to) = text.split_once("..")?;
        let end = |text: &str| if text.is_empty() { Some(None) } else { parse_instant(text).map(Some) };
        Self::between(end(from)?, end(to)?)
    }

    /// Returns the value in URLs.
    pub(super) fn name(self) -> String {
        let instant = |at: Option<DateTime<Utc>>| at.map(format_instant).unwrap_or_default();
        match self {
            Self::Within(period) => period.name().to_owned(),
            Self::Before(period) => format!("over-{}", period.name()),
            Self::Never => "never".to_owned(),
            Self::Between(from, to) => format!("{}..{}", instant(from), instant(to)),
        }
    }

    /// Returns the text that describes it.
    pub(super) fn text(self, language: Language, times: Times) -> String {
        let id = match self {
            Self::Within(Period::Day) => "users-last-login-day",
            Self::Within(Period::Week) => "users-last-login-week",
            Self::Within(Period::Month | Period::Quarter) => "users-last-login-month",
            Self::Before(Period::Day | Period::Week | Period::Month) => "users-last-login-over-month",
            Self::Before(Period::Quarter) => "users-last-login-over-quarter",
            Self::Never => "users-last-login-never",
            Self::Between(None, None) => "users-last-login-ever",
            Self::Between(Some(_), None) => "users-last-login-since",
            Self::Between(None, Some(_)) => "users-last-login-until",
            Self::Between(Some(_), Some(_)) => "users-last-login-between",
        };
        let Self::Between(from, to) = self else { return language.text(id) };
        let [from, to] = [from, to].map(|at| at.as_ref().map(|at| times.instant(at)).unwrap_or_default());
        language.text_with(id, &[("from", from.into()), ("to", to.into())])
    }

    /// Whether it depends on the reference time.
    pub(super) fn is_relative(self) -> bool {
        matches!(self, Self::Within(_) | Self::Before(_))
    }

    /// Returns its API parameters.
    pub(super) fn to_api(self, reference_time: DateTime<Utc>) -> UserList {
        let (from, to, never) = match self {
            Self::Within(period) => (Some(reference_time - period.duration()), None, None),
            Self::Before(period) => (None, Some(reference_time - period.duration()), None),
            Self::Never => (None, None, Some(true)),
            Self::Between(None, None) => (None, None, Some(false)),
            Self::Between(from, to) => (from, to, None),
        };
        UserList { last_login_from: from, last_login_to: to, never_signed_in: never, ..UserList::default() }
    }

    /// Reads it from API parameters that were saved at a known time. A span that begins or ends one of the page's
    /// periods before that time is read as the period.
    pub(super) fn from_api(
        from: Option<DateTime<Utc>>,
        to: Option<DateTime<Utc>>,
        never: Option<bool>,
        saved_at: DateTime<Utc>,
    ) -> Option<Self> {
        let ends_at = |period: Period, at: DateTime<Utc>| (saved_at - period.duration() - at).abs() <= TOLERANCE;
        let relative = Self::CHOICES.into_iter().find(|choice| match (choice, from, to) {
            (Self::Within(period), Some(at), None) | (Self::Before(period), None, Some(at)) => ends_at(*period, at),
            _ => false,
        });
        match (from, to) {
            _ if never == Some(true) => Some(Self::Never),
            (None, None) => never.map(|_| Self::Between(None, None)),
            _ => relative.or_else(|| Self::between(from, to)),
        }
    }

    /// Returns the span unless it is empty.
    fn between(from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> Option<Self> {
        let is_empty = from.zip(to).is_some_and(|(from, to)| to <= from);
        (!is_empty).then_some(Self::Between(from, to))
    }
}

impl Period {
    fn name(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
            Self::Quarter => "90d",
        }
    }

    fn duration(self) -> TimeDelta {
        TimeDelta::days(match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 30,
            Self::Quarter => 90,
        })
    }
}
