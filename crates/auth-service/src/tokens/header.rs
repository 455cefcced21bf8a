//! What is believed of a token's header before its signature is checked.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::InvalidToken;

/// Which of our keys is meant. Everything else that a header may hold (`alg`, `jwk`, `jku`, `x5c`, `x5u`) is for whoever
/// signs to choose, and so not read here.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Hint {
    pub(super) kid: Option<String>,
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow, default)]
    kid: Option<Cow<'a, str>>,
    #[serde(default)]
    crit: Option<IgnoredAny>,
}

impl Hint {
    /// The hint in a token's first part.
    pub(super) fn of(token: &str) -> Result<Self, InvalidToken> {
        let (header, _) = token.split_once('.').ok_or(InvalidToken)?;
        let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| InvalidToken)?;
        let fields: Fields<'_> = serde_json::from_slice(&header).map_err(|_| InvalidToken)?;
        // Extensions that must be understood (RFC 7515, section 4.1.11): we know none.
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
        Hint::of(&format!("{}.e30.", URL_SAFE_NO_PAD.encode(header))).map(|hint| hint.kid)
    }

    #[test]
    fn the_key_id_alone_is_read() {
        assert_eq!(of(r#"{"alg":"HS256"}"#), Ok(None));
        assert_eq!(of(r#"{"alg":"none","kid":"a","jwk":{},"jku":5,"x5u":[]}"#), Ok(Some("a".to_owned())));
        assert_eq!(of(r#"{"kid":"\u0061"}"#), Ok(Some("a".to_owned())));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for header in [r#"{"kid":"a","kid":"b"}"#, r#"{"kid":["a"]}"#, r#"{"kid":1}"#, r#"{"kid":{}}"#, "", "1"] {
            assert_eq!(of(header), Err(InvalidToken), "{header}");
        }
    }

    #[test]
    fn an_extension_that_must_be_understood_is_refused() {
        assert_eq!(of(r#"{"alg":"HS256","crit":["b64"],"b64":false}"#), Err(InvalidToken));
        assert_eq!(of(r#"{"alg":"HS256","crit":[]}"#), Err(InvalidToken));
    }
}
