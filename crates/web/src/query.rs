use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use steward_contracts::FieldError;

use crate::{ApiError, Fields};

/// The query's parameters, each at most once.
///
/// As an extractor it never fails, so that a handler says first who may ask and then what is wrong with the query.
pub struct Query(String);

impl FromRequest for Query {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.query_string().to_owned())))
    }
}

impl Query {
    /// The parameters; an empty one (`search=`) counts as not sent.
    pub fn fields(&self) -> Result<Fields, ApiError> {
        let mut values = Map::new();
        for pair in self.0.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            if value.is_empty() {
                continue;
            }
            if values.insert(name.clone(), Value::String(value)).is_some() {
                return Err(ApiError::Invalid(vec![FieldError { field: name, message: "is given twice".to_owned() }]));
            }
        }
        Ok(Fields::new(values))
    }
}

fn decode(text: &str) -> Result<String, ApiError> {
    check_escapes(text)?;
    let text = text.replace('+', " ");
    match percent_decode_str(&text).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => {
            Err(ApiError::Malformed(format!("The query holds percent-escapes that are not UTF-8: {text}").into()))
        }
    }
}

/// Refuses a `%` that two hexadecimal digits do not follow, which decoders would let pass as it is.
pub(crate) fn check_escapes(text: &str) -> Result<(), ApiError> {
    for (at, _) in text.match_indices('%') {
        let digits = text.as_bytes().get(at + 1..at + 3);
        if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
            return Err(ApiError::Malformed(format!("A percent-escape is incomplete: {text}").into()));
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
    fn decodes_and_skips_empty_ones() {
        let mut fields = Query("search=J%C3%B6rg+M&page=&x".to_owned()).fields().unwrap();
        let search = fields.optional("search", text(SearchTerm::parse));
        let page = fields.optional("page", text(PageRequest::parse_number));
        let (search, page) = fields.finish((search, page)).unwrap();
        assert_eq!(search.flatten().unwrap().as_str(), "Jörg M");
        assert_eq!(page, None);
    }

    #[test]
    fn bad_escapes_are_malformed_and_twice_is_invalid() {
        for query in ["a=%", "a=%2", "a=%zz", "a=%ff", "%=1"] {
            assert!(matches!(Query(query.to_owned()).fields(), Err(ApiError::Malformed(_))), "{query}");
        }
        assert!(matches!(Query("a=1&a=2".to_owned()).fields(), Err(ApiError::Invalid(_))));
    }
}
