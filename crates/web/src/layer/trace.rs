//! W3C Trace Context, level 1: a valid context is logged and forwarded, an invalid one is removed.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Returns the trace id of a request, 32 hexadecimal digits.
///
/// Removes both headers without a valid `traceparent`, so that no other service receives them.
pub(super) fn trace_id(headers: &mut HeaderMap) -> Option<HeaderValue> {
    let mut parents = headers.get_all(TRACEPARENT);
    let parent = match (parents.next(), parents.next()) {
        (None, _) => {
            headers.remove(TRACESTATE);
            return None;
        }
        (Some(parent), None) if is_valid(parent.as_bytes()) => parent.clone(),
        _ => {
            headers.remove(TRACEPARENT);
            headers.remove(TRACESTATE);
            return None;
        }
    };
    HeaderValue::from_bytes(&parent.as_bytes()[3..35]).ok()
}

/// Whether the value is `version-traceid-parentid-flags`. A later version may append fields.
fn is_valid(parent: &[u8]) -> bool {
    let [version, trace, span, flags] = [0..2, 3..35, 36..52, 53..55].map(|range| parent.get(range));
    let (Some(version), Some(trace), Some(span), Some(flags)) = (version, trace, span, flags) else { return false };
    let dashes = [2, 35, 52].iter().all(|at| parent[*at] == b'-');
    let end = match parent.get(55) {
        None => true,
        Some(b'-') => version != b"00",
        Some(_) => false,
    };
    let hex = |part: &[u8]| part.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let not_zero = |part: &[u8]| part.iter().any(|b| *b != b'0');
    dashes
        && end
        && version != b"ff"
        && [version, trace, span, flags].into_iter().all(hex)
        && not_zero(trace)
        && not_zero(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn header_map(parent: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(TRACEPARENT, HeaderValue::from_str(parent).unwrap());
        headers.insert(TRACESTATE, HeaderValue::from_static("vendor=1"));
        headers
    }

    #[test]
    fn a_valid_context_is_kept() {
        for parent in [VALID.to_owned(), VALID.replacen("00", "01", 1) + "-more"] {
            let mut headers = header_map(&parent);
            assert_eq!(trace_id(&mut headers).unwrap(), "0af7651916cd43dd8448eb211c80319c");
            assert!(headers.contains_key(TRACEPARENT) && headers.contains_key(TRACESTATE));
        }
    }

    #[test]
    fn an_invalid_context_is_removed_with_its_state() {
        let zero_trace = VALID.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32));
        let zero_span = VALID.replace("b7ad6b7169203331", &"0".repeat(16));
        for parent in [
            "",
            "00",
            &VALID[..54],
            &(VALID.to_owned() + "-more"),
            &(VALID.to_owned() + "0"),
            &VALID.to_uppercase(),
            &VALID.replacen("00", "ff", 1),
            &zero_trace,
            &zero_span,
        ] {
            let mut headers = header_map(parent);
            assert_eq!(trace_id(&mut headers), None, "{parent}");
            assert!(!headers.contains_key(TRACEPARENT) && !headers.contains_key(TRACESTATE), "{parent}");
        }
    }

    #[test]
    fn two_contexts_are_invalid() {
        let mut headers = header_map(VALID);
        headers.append(TRACEPARENT, HeaderValue::from_static(VALID));
        assert_eq!(trace_id(&mut headers), None);
    }
}
