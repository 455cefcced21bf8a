//! The fields of a token's header that are read before its signature is verified.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::InvalidToken;

/// The id of the verification key. All other fields (`alg`, `jwk`, `jku`, `x5c`, `x5u`) are chosen by the sender and
/// ignored.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct KeyHint {
    pub(super) kid: Option<String>,
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow, default)]
    kid: Option<Cow<'a, str>>,
    #[serde(default)]
    crit: Option<IgnoredAny>,
}

impl KeyHint {
    /// Reads the first part of a token.
    pub(super) fn of(token: &str) -> Result<Self, InvalidToken> {
        let (header, _) = token.split_once('.').ok_or(InvalidToken)?;
        let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| InvalidToken)?;
        let fields: Fields<'_> = serde_json::from_slice(&header).map_err(|_| InvalidToken)?;
        // Critical extensions (RFC 7515, section 4.1.11): none is supported.
        if fields.crit.is_some() {
            return Err(InvalidToken);
        }
        Ok(Self { kid: fields.kid.map(Cow::into_owned) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(header: &str) -> Result<Option<String>, InvalidToken> {
        KeyHint::of(&format!("{}.e30.", URL_SAFE_NO_PAD.encode(header))).map(|hint| hint.kid)
    }

    #[test]
    fn only_the_key_id_is_read() {
        assert_eq!(of(r#"{"alg":"HS256"}"#), Ok(None));
        assert_eq!(of(r#"{"alg":"none","kid":"a","jwk":{},"jku":5,"x5u":[]}"#), Ok(Some("a".to_owned())));
        assert_eq!(of(r#"{"kid":"\u0061"}"#), Ok(Some("a".to_owned())));
    }

    #[test]
    fn an_ambiguous_key_id_is_rejected() {
        for header in [r#"{"kid":"a","kid":"b"}"#, r#"{"kid":["a"]}"#, r#"{"kid":1}"#, r#"{"kid":{}}"#, "", "1"] {
            assert_eq!(of(header), Err(InvalidToken), "{header}");
        }
    }

    #[test]
    fn a_critical_extension_is_rejected() {
        assert_eq!(of(r#"{"alg":"HS256","crit":["b64"],"b64":false}"#), Err(InvalidToken));
        assert_eq!(of(r#"{"alg":"HS256","crit":[]}"#), Err(InvalidToken));
    }
}
