//! Lifetimes of tokens and sessions.

use std::time::Duration;

use chrono::TimeDelta;
use steward_auth_service::SessionSettings;

use super::reader::Reader;
use super::values;
use crate::cli::{Options, SessionOptions};

const YEAR: u32 = 31_536_000;
/// A longer grace period does not help clients that lost a response, but gives time to a thief.
const LONGEST_GRACE: u32 = 60;

/// The lifetimes that were read.
#[derive(Debug)]
pub(super) struct Sessions {
    pub(super) access_token_ttl: Duration,
    pub(super) settings: SessionSettings,
}

pub(super) fn read(reader: &mut Reader<'_>, options: &Options) -> Option<Sessions> {
    let SessionOptions { session_ttl, session_idle_ttl, refresh_grace } = &options.sessions;
    let mut seconds = |variable, given: &Option<String>, range| {
        let parse = values::number(range);
        reader.read(variable, given.as_deref(), None, |text| parse(text).map(Some))
    };
    let token = seconds("STEWARD_ACCESS_TOKEN_TTL", &options.access_token_ttl, 1..=YEAR);
    let absolute = seconds("STEWARD_SESSION_TTL", session_ttl, 1..=YEAR);
    let idle = seconds("STEWARD_SESSION_IDLE_TTL", session_idle_ttl, 1..=YEAR);
    let grace = seconds("STEWARD_REFRESH_GRACE", refresh_grace, 0..=LONGEST_GRACE);
    let (token, absolute, idle, grace) = (token?, absolute?, idle?, grace?.unwrap_or(10));
    // A default gives way to a value that is set: a token expires no later than its session, idle or not.
    let longest_set = [token, idle].into_iter().flatten().max().unwrap_or(0);
    let absolute = absolute.unwrap_or(longest_set.max(2_592_000));
    let idle = idle.unwrap_or(token.unwrap_or(0).max(604_800).min(absolute));
    let token = token.unwrap_or(idle.min(3600));
    if idle > absolute {
        let what = format!("is \"{idle}\", and must be at most STEWARD_SESSION_TTL, which is {absolute}");
        return reader.refuse("STEWARD_SESSION_IDLE_TTL", what);
    }
    if token > idle {
        let what = format!("is \"{token}\", and must be at most STEWARD_SESSION_IDLE_TTL, which is {idle}");
        return reader.refuse("STEWARD_ACCESS_TOKEN_TTL", what);
    }
    let seconds = |number: u32| TimeDelta::seconds(number.into());
    Some(Sessions {
        access_token_ttl: Duration::from_secs(token.into()),
        settings: SessionSettings { absolute: seconds(absolute), idle: seconds(idle), grace: seconds(grace) },
    })
}

#[cfg(test)]
mod tests {
    use super::super::Variables;
    use super::*;

    fn sessions(token: &str, absolute: &str, idle: &str, grace: &str) -> Result<[i64; 4], Vec<String>> {
        let given = |text: &str| Some(text.to_owned());
        let sessions =
            SessionOptions { session_ttl: given(absolute), session_idle_ttl: given(idle), refresh_grace: given(grace) };
        let options = Options { access_token_ttl: given(token), sessions, ..Options::default() };
        let variables = Variables::default();
        let mut reader = Reader::new(&variables);
        let read = read(&mut reader, &options);
        let read =
            reader.finish(|| read).map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        let SessionSettings { absolute, idle, grace } = read.settings;
        let token = TimeDelta::from_std(read.access_token_ttl).unwrap();
        Ok([token, absolute, idle, grace].map(|span| span.num_seconds()))
    }

    #[test]
    fn each_lifetime_is_optional() {
        assert_eq!(sessions("", "", "", ""), Ok([3600, 2_592_000, 604_800, 10]));
        assert_eq!(sessions("60", "120", "60", "0"), Ok([60, 120, 60, 0]));
    }

    #[test]
    fn defaults_give_way_to_shorter_lifetimes() {
        assert_eq!(sessions("", "86400", "", ""), Ok([3600, 86_400, 86_400, 10]));
        assert_eq!(sessions("", "60", "", ""), Ok([60, 60, 60, 10]));
        assert_eq!(sessions("", "", "60", ""), Ok([60, 2_592_000, 60, 10]));
        assert_eq!(sessions("3000000", "", "", ""), Ok([3_000_000, 3_000_000, 3_000_000, 10]));
    }

    #[test]
    fn contradicting_lifetimes_are_rejected() {
        for (settings, what) in [
            (
                ["", "3600", "3601", ""],
                "STEWARD_SESSION_IDLE_TTL: is \"3601\", and must be at most STEWARD_SESSION_TTL",
            ),
            (
                ["3600", "", "60", ""],
                "STEWARD_ACCESS_TOKEN_TTL: is \"3600\", and must be at most STEWARD_SESSION_IDLE_TTL",
            ),
            (["604801", "", "604800", ""], "STEWARD_ACCESS_TOKEN_TTL: is \"604801\""),
            (["", "", "", "61"], "STEWARD_REFRESH_GRACE: is \"61\", and must be a whole number from 0 to 60"),
            (["", "0", "", ""], "STEWARD_SESSION_TTL: is \"0\""),
            (["", "30d", "", ""], "STEWARD_SESSION_TTL: is \"30d\""),
        ] {
            let [token, absolute, idle, grace] = settings;
            let errors = sessions(token, absolute, idle, grace).unwrap_err();
            assert!(errors.len() == 1 && errors[0].starts_with(what), "{settings:?}: {errors:?}");
        }
    }
}
