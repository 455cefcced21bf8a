//! The password policy.

use std::str::FromStr;

use steward_domain::{Invalid, Password, PasswordPolicy, PasswordReport};

use super::reader::Reader;
use super::values;
use crate::cli::Options;

pub(super) fn read(reader: &mut Reader<'_>, options: &Options) -> Option<PasswordPolicy> {
    let default = PasswordPolicy::default();
    let length = options.password_min_length.as_deref();
    let length = reader.read("STEWARD_PASSWORD_MIN_LENGTH", length, default.min_length(), |text| {
        number(text, |length| default.with_min_length(length), Password::MIN, PasswordPolicy::MAX_MIN_LENGTH)
    });
    let score = options.password_min_score.as_deref();
    let score = reader.read("STEWARD_PASSWORD_MIN_SCORE", score, default.min_score(), |text| {
        number(text, |score| default.with_min_score(score), 0, PasswordReport::MAX_SCORE.into())
    });
    let breached = options.password_check_breached.as_deref();
    let breached = reader.read("STEWARD_PASSWORD_CHECK_BREACHED", breached, default.checks_breached(), values::boolean);
    let (length, score, breached) = (length?, score?, breached?);
    let policy = default.with_min_length(length).and_then(|policy| policy.with_min_score(score));
    Some(policy.ok()?.with_breached_check(breached))
}

/// A number within the range that the policy accepts.
fn number<N: FromStr + Copy>(
    text: &str,
    policy: impl FnOnce(N) -> Result<PasswordPolicy, Invalid>,
    least: usize,
    most: usize,
) -> Result<N, String> {
    let valid = text.parse().ok().filter(|number| policy(*number).is_ok());
    valid.ok_or_else(|| format!("must be a whole number from {least} to {most}"))
}

#[cfg(test)]
mod tests {
    use super::super::Variables;
    use super::*;

    fn policy(settings: [&str; 3]) -> Result<PasswordPolicy, Vec<String>> {
        let [length, score, breached] = settings.map(|text| Some(text.to_owned()));
        let options = Options {
            password_min_length: length,
            password_min_score: score,
            password_check_breached: breached,
            ..Options::default()
        };
        let variables = Variables::default();
        let mut reader = Reader::new(&variables);
        let policy = read(&mut reader, &options);
        reader.finish(|| policy).map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn each_part_of_the_policy_is_configurable() {
        assert_eq!(policy(["", "", ""]), Ok(PasswordPolicy::default()));
        let strict = policy(["24", "4", "false"]).unwrap();
        assert_eq!((strict.min_length(), strict.min_score(), strict.checks_breached()), (24, 4, false));
        let lax = policy(["8", "0", "true"]).unwrap();
        assert_eq!((lax.min_length(), lax.min_score(), lax.checks_breached()), (8, 0, true));
    }

    #[test]
    fn each_error_names_the_variable_and_the_allowed_values() {
        for (settings, expected) in [
            (["7", "5", "yes"], ["is \"7\", and must be a whole number from 8 to 24", "from 0 to 4", "true or false"]),
            (["25", "-1", "1"], ["from 8 to 24", "from 0 to 4", "true or false"]),
            (["eight", "256", "TRUE"], ["from 8 to 24", "from 0 to 4", "true or false"]),
        ] {
            let lines = policy(settings).unwrap_err();
            let variables =
                ["STEWARD_PASSWORD_MIN_LENGTH: ", "STEWARD_PASSWORD_MIN_SCORE: ", "STEWARD_PASSWORD_CHECK_BREACHED: "];
            assert_eq!(lines.len(), 3, "{lines:#?}");
            for ((line, variable), expected) in lines.iter().zip(variables).zip(expected) {
                assert!(line.starts_with(variable) && line.contains(expected), "{line}");
            }
        }
    }
}
