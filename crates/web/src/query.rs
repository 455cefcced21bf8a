use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;
use steward_contracts::FieldError;

use crate::{Fields, HttpError};

/// The parameters of the query, each at most once.
///
/// The extractor never fails, so that a handler checks permissions before it reports errors of the query.
pub struct Query(String);

impl FromRequest for Query {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.query_string().to_owned())))
    }
}

/// Escapes all characters except the unreserved ones (RFC 3986, 2.3).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Query {
    /// Creates a query from a query string without `?`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the parameters. An empty parameter (`search=`) counts as not sent.
    pub fn fields(&self) -> Result<Fields, HttpError> {
        Ok(Fields::new(self.parameters()?.into_iter().map(|(name, value)| (name, Value::String(value))).collect()))
    }

    /// Returns the query in a normal form: the non-empty parameters, sorted by name, with uniform escapes.
    ///
    /// Queries with the same parameters have the same normal form.
    pub fn normalized(&self) -> Result<String, HttpError> {
        let escaped = |text| utf8_percent_encode(text, ESCAPED);
        let pairs = self.parameters()?;
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
        Ok(pairs.join("&"))
    }

    fn parameters(&self) -> Result<BTreeMap<String, String>, HttpError> {
        let mut values = BTreeMap::new();
        for pair in self.0.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            if value.is_empty() {
                continue;
            }
            if values.insert(name.clone(), value).is_some() {
                return Err(HttpError::Invalid(vec![FieldError { field: name, message: "is given twice".to_owned() }]));
            }
        }
        Ok(values)
    }
}

fn decode(text: &str) -> Result<String, HttpError> {
    check_escapes(text)?;
    let text = text.replace('+', " ");
    match percent_decode_str(&text).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => {
            Err(HttpError::Malformed(format!("The query contains percent-escapes that are not UTF-8: {text}").into()))
        }
    }
}

/// Returns an error for a `%` without two hexadecimal digits after it, which decoders accept unchanged.
pub(crate) fn check_escapes(text: &str) -> Result<(), HttpError> {
    for (at, _) in text.match_indices('%') {
        let digits = text.as_bytes().get(at + 1..at + 3);
        if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
            return Err(HttpError::Malformed(format!("A percent-escape is incomplete: {text}").into()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use steward_domain::{PageRequest, SearchTerm};

    use super::*;
    use crate::text;

    #[test]
    fn decodes_parameters_and_skips_empty_ones() {
        let mut fields = Query("search=J%C3%B6rg+M&page=&x".to_owned()).fields().unwrap();
        let search = fields.optional("search", text(SearchTerm::parse));
        let page = fields.optional("page", text(PageRequest::parse_number));
        let (search, page) = fields.finish((search, page)).unwrap();
        assert_eq!(search.flatten().unwrap().as_str(), "Jörg M");
        assert_eq!(page, None);
    }

    #[test]
    fn invalid_escapes_are_malformed_and_duplicates_are_invalid() {
        for query in ["a=%", "a=%2", "a=%zz", "a=%ff", "%=1"] {
            assert!(matches!(Query(query.to_owned()).fields(), Err(HttpError::Malformed(_))), "{query}");
        }
        assert!(matches!(Query("a=1&a=2".to_owned()).fields(), Err(HttpError::Invalid(_))));
    }

    #[test]
    fn the_normal_form_is_sorted_and_escaped_and_does_not_change_again() {
        let normalized = |query: &str| Query::new(query).normalized().unwrap();
        let expected = "order=asc&search=J%C3%B6rg%20%26%20M.%2B";
        for query in ["search=J%C3%B6rg+%26+M.%2b&order=asc", "&order=asc&page=&&search=Jörg%20%26%20M%2E%2B&x"] {
            assert_eq!(normalized(query), expected, "{query}");
        }
        assert_eq!(normalized(expected), expected);
        assert_eq!(normalized("&a="), "");
        assert!(Query::new("a=%f").normalized().is_err() && Query::new("a=1&a=1").normalized().is_err());
    }
}
