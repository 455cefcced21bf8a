use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use steward_domain::ports::Verdict;

use super::rules::Rule;

/// Returns `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10, 4): for each rule the remaining requests (`r`), and
/// the seconds until the full quota is available (`t`).
pub(super) fn value<'v>(verdicts: impl Iterator<Item = (Rule, &'v Verdict)>) -> Option<HeaderValue> {
    // Three items fit.
    let mut text = Vec::with_capacity(128);
    for (rule, verdict) in verdicts {
        if !text.is_empty() {
            text.extend_from_slice(b", ");
        }
        text.push(b'"');
        text.extend_from_slice(rule.name().as_bytes());
        text.extend_from_slice(b"\";r=");
        push_number(&mut text, verdict.remaining.into());
        text.extend_from_slice(b";t=");
        push_number(&mut text, verdict.reset_after.as_secs() + u64::from(verdict.reset_after.subsec_nanos() > 0));
    }
    if text.is_empty() { None } else { HeaderValue::from_maybe_shared(Bytes::from(text)).ok() }
}

fn push_number(text: &mut Vec<u8>, mut number: u64) {
    let mut digits = [b'0'; 20];
    let mut first = digits.len() - 1;
    loop {
        // The remainder is below ten.
        digits[first] += u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
        if number == 0 {
            break;
        }
        first -= 1;
    }
    text.extend_from_slice(&digits[first..]);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_rule_has_its_remaining_requests_and_its_reset_time() {
        let verdict = |remaining, milliseconds| Verdict {
            allowed: true,
            remaining,
            retry_after: Duration::ZERO,
            reset_after: Duration::from_millis(milliseconds),
        };
        let (login, address) = (verdict(59, 1_000), verdict(0, 59_001));
        let both = value([(Rule::ApiAddress, &address), (Rule::Login, &login)].into_iter());
        assert_eq!(both.unwrap(), "\"api_address\";r=0;t=60, \"login\";r=59;t=1");
        assert_eq!(value(std::iter::empty()), None);
    }

    #[test]
    fn numbers_are_written_in_decimal() {
        for number in [0, 1, 9, 10, 59, 100, 11_999, u64::MAX] {
            let mut text = Vec::new();
            push_number(&mut text, number);
            assert_eq!(String::from_utf8(text).unwrap(), number.to_string());
        }
    }
}
