//! The response headers of draft-ietf-httpapi-ratelimit-headers-10.

use std::fmt::Write;

use actix_web::http::header::HeaderValue;
use steward_domain::Quota;
use steward_domain::ports::Verdict;

use super::rules::Rule;

/// Three rules fit.
const USUAL_LENGTH: usize = 96;

/// Returns `RateLimit-Policy` (section 3): for each rule the quota (`q`), and its period in seconds (`w`).
pub(super) fn policy(rules: impl Iterator<Item = (Rule, Quota)>) -> Option<HeaderValue> {
    let mut text = String::with_capacity(USUAL_LENGTH);
    for (rule, quota) in rules {
        // Writing to a string cannot fail.
        let _ =
            write!(text, "{}\"{}\";q={};w={}", separator(&text), rule.name(), quota.limit(), quota.period().seconds());
    }
    value(text)
}

/// Returns `RateLimit` (section 4): for each rule the remaining requests (`r`), and the seconds until the full quota is
/// available (`t`).
pub(super) fn remaining<'v>(verdicts: impl Iterator<Item = (Rule, &'v Verdict)>) -> Option<HeaderValue> {
    let mut text = String::with_capacity(USUAL_LENGTH);
    for (rule, verdict) in verdicts {
        let seconds = verdict.reset_after.as_secs() + u64::from(verdict.reset_after.subsec_nanos() > 0);
        let _ = write!(text, "{}\"{}\";r={};t={seconds}", separator(&text), rule.name(), verdict.remaining);
    }
    value(text)
}

fn separator(text: &str) -> &'static str {
    if text.is_empty() { "" } else { ", " }
}

fn value(text: String) -> Option<HeaderValue> {
    if text.is_empty() { None } else { HeaderValue::try_from(text).ok() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use steward_web::service::RateLimitClass;

    use super::*;

    const LOGIN: Rule = Rule::Class(RateLimitClass::Login);

    #[test]
    fn each_rule_has_its_quota_and_its_period() {
        let quota = |text| Quota::parse(text).unwrap();
        let both = policy([(Rule::ApiAddress, quota("1000/hour:10")), (LOGIN, quota("60/min"))].into_iter());
        assert_eq!(both.unwrap(), "\"api_address\";q=1000;w=3600, \"login\";q=60;w=60");
        assert_eq!(policy(std::iter::empty()), None);
    }

    #[test]
    fn each_rule_has_its_remaining_requests_and_its_reset_time() {
        let verdict = |remaining, milliseconds| Verdict {
            allowed: true,
            remaining,
            retry_after: Duration::ZERO,
            reset_after: Duration::from_millis(milliseconds),
        };
        let (login, address) = (verdict(59, 1_000), verdict(0, 59_001));
        let both = remaining([(Rule::ApiAddress, &address), (LOGIN, &login)].into_iter());
        assert_eq!(both.unwrap(), "\"api_address\";r=0;t=60, \"login\";r=59;t=1");
        assert_eq!(remaining(std::iter::empty()), None);
    }
}
