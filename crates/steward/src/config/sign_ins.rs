//! Lock-outs, and how long sign-in attempts are kept.

use chrono::TimeDelta;
use steward_domain::{LockoutRule, LockoutRules, ReservedIds};

use super::reader::Reader;
use super::values;
use crate::cli::SignInOptions;

/// The auth service's settings for sign-in attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignIns {
    pub(crate) lockout: LockoutRules,
    /// How long attempts are kept.
    pub(crate) retention: TimeDelta,
    /// User ids that users cannot choose.
    pub(crate) reserved_ids: ReservedIds,
    /// Whether users may change their own name.
    pub(crate) allows_name_change: bool,
}

const LONGEST: u32 = 86_400;

pub(super) fn read(reader: &mut Reader<'_>, options: &SignInOptions) -> Option<SignIns> {
    let LockoutRules { source, account } = LockoutRules::default();
    let failures = values::number(1..=1_000_000);
    let failures = reader.read("STEWARD_LOCKOUT_FAILURES", options.lockout_failures.as_deref(), source.limit, failures);
    let seconds = values::number(1..=LONGEST);
    let first = reader.read("STEWARD_LOCKOUT_SECONDS", options.lockout_seconds.as_deref(), 60, seconds);
    let seconds = values::number(first.unwrap_or(1)..=LONGEST);
    let longest = options.lockout_max_seconds.as_deref();
    let default = first.unwrap_or_default().max(900);
    let longest = reader.read("STEWARD_LOCKOUT_MAX_SECONDS", longest, default, seconds);
    let slowdown = options.slowdown_failures.as_deref();
    let slowdown = reader.read("STEWARD_SLOWDOWN_FAILURES", slowdown, account.limit, values::number(1..=1_000_000));
    let days = options.sign_in_retention_days.as_deref();
    let days = reader.read("STEWARD_SIGN_IN_RETENTION_DAYS", days, 90, values::number(1..=3650));

    let ids = options.reserved_user_ids.as_deref();
    let reserved_ids = reader.read("STEWARD_RESERVED_USER_IDS", ids, ReservedIds::default(), reserved_ids)?;
    let allow = options.allow_name_change.as_deref();
    let allows_name_change = reader.read("STEWARD_ALLOW_NAME_CHANGE", allow, true, values::boolean);

    let seconds = |seconds: u32| TimeDelta::seconds(seconds.into());
    let source = LockoutRule { limit: failures?, first: seconds(first?), longest: seconds(longest?), ..source };
    let account = LockoutRule { limit: slowdown?, ..account };
    let lockout = LockoutRules { source, account };
    let (retention, allows_name_change) = (TimeDelta::days(days?.into()), allows_name_change?);
    Some(SignIns { lockout, retention, reserved_ids, allows_name_change })
}

/// A list of ids; `none` reserves none.
fn reserved_ids(text: &str) -> Result<ReservedIds, String> {
    let ids = text.split(',').map(str::trim).filter(|_| text != "none");
    ReservedIds::new(ids).map_err(|_| "must be user ids separated by commas, or none".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::Variables;
    use super::*;

    fn settings(given: [&str; 5]) -> Result<SignIns, Vec<String>> {
        let [failures, first, longest, slowdown, days] = given.map(|text| Some(text.to_owned()));
        let options = SignInOptions {
            lockout_failures: failures,
            lockout_seconds: first,
            lockout_max_seconds: longest,
            slowdown_failures: slowdown,
            sign_in_retention_days: days,
            ..SignInOptions::default()
        };
        let variables = Variables::default();
        let mut reader = Reader::new(&variables);
        let settings = read(&mut reader, &options);
        reader.finish(|| settings).map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_defaults_are_the_rules_of_the_domain() {
        let expected = SignIns {
            lockout: LockoutRules::default(),
            retention: TimeDelta::days(90),
            reserved_ids: ReservedIds::default(),
            allows_name_change: true,
        };
        assert_eq!(settings([""; 5]), Ok(expected));
    }

    #[test]
    fn each_part_is_configurable() {
        let SignIns { lockout: LockoutRules { source, account }, retention, .. } =
            settings(["3", "1000", "2000", "7", "30"]).unwrap();
        assert_eq!((source.limit, source.first.num_seconds(), source.longest.num_seconds()), (3, 1000, 2000));
        assert_eq!((account.limit, account.longest, retention.num_days()), (7, LockoutRule::ACCOUNT.longest, 30));
        assert_eq!(settings(["", "1000", "", "", ""]).unwrap().lockout.source.longest.num_seconds(), 1000);
    }

    #[test]
    fn reserved_ids_are_a_list_or_none() {
        let ids = |list: &str| {
            let variables = Variables::default();
            let options = SignInOptions { reserved_user_ids: Some(list.to_owned()), ..SignInOptions::default() };
            let mut reader = Reader::new(&variables);
            let settings = read(&mut reader, &options);
            reader.finish(|| settings).map(|settings| settings.reserved_ids).map_err(|errors| errors[0].to_string())
        };
        assert_eq!(ids("acme, Acme-Support"), Ok(ReservedIds::new(["acme", "acmesupport"]).unwrap()));
        assert_eq!(ids("none"), Ok(ReservedIds::new([]).unwrap()));
        for invalid in ["acme,,root", ",", "acme,-"] {
            let line = ids(invalid).unwrap_err();
            assert!(line.starts_with("STEWARD_RESERVED_USER_IDS") && line.ends_with("or none"), "{line}");
        }
    }

    #[test]
    fn each_error_names_the_variable_and_the_allowed_values() {
        let lines = settings(["0", "60", "59", "none", "0"]).unwrap_err();
        for (line, (variable, hint)) in lines.iter().zip([
            ("STEWARD_LOCKOUT_FAILURES", "from 1 to 1000000"),
            ("STEWARD_LOCKOUT_MAX_SECONDS", "from 60 to 86400"),
            ("STEWARD_SLOWDOWN_FAILURES", "from 1 to 1000000"),
            ("STEWARD_SIGN_IN_RETENTION_DAYS", "from 1 to 3650"),
        ]) {
            assert!(line.starts_with(variable) && line.ends_with(hint), "{line}");
        }
        assert_eq!(lines.len(), 4);
    }
}
