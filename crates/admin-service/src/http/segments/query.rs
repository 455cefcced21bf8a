use steward_domain::{Invalid, SegmentQuery};
use steward_web::{ApiError, Query};

use crate::http::users::filter;

/// Parses a query string with the parser of the user list, so that a saved query is always valid there. Reports all
/// errors at once. The page is not part of a segment.
pub(super) fn parse(text: &str) -> Result<SegmentQuery, Invalid> {
    SegmentQuery::parse(&normalize(&Query::new(text)).map_err(|error| to_invalid(&error))?)
}

fn normalize(query: &Query) -> Result<String, ApiError> {
    let mut fields = query.fields()?;
    for name in ["page", "cursor"] {
        fields.forbidden(name, "must not be part of a segment");
    }
    filter::parse(fields)?;
    Ok(query.normalized()?)
}

fn to_invalid(error: &ApiError) -> Invalid {
    let errors: Vec<_> =
        error.field_errors().iter().map(|error| format!("{} {}", error.field, error.message)).collect();
    Invalid::new(if errors.is_empty() { error.detail().to_owned() } else { errors.join("; ") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_queries_are_normalized() {
        for (query, expected) in [
            ("", ""),
            ("sort=name&order=asc&role=admin", "order=asc&role=admin&sort=name"),
            ("search=J%c3%b6rg+M&page_size=50&is_active=", "page_size=50&search=J%C3%B6rg%20M"),
        ] {
            assert_eq!(parse(query).unwrap().as_str(), expected, "{query}");
        }
    }

    #[test]
    fn all_errors_of_a_query_are_reported() {
        for (query, expected) in [
            ("role=boss&limit=3&page=1", &["role must be", "limit is an unknown", "page must not be part"][..]),
            ("cursor=x", &["cursor must not be part"]),
            ("page=0", &["page must not be part"]),
            ("page_size=0", &["page_size must be"]),
            ("?role=user", &["?role is an unknown"]),
            ("search=%zz", &["A percent-escape is incomplete"]),
            ("search=%00", &["search must not hold control characters"]),
            ("role=user&role=admin", &["role is given twice"]),
        ] {
            let message = parse(query).unwrap_err().to_string();
            assert!(expected.iter().all(|part| message.contains(part)), "{query}: {message}");
        }
        // The search term is within its limit, but the escaped query exceeds the limit of a segment.
        let long = format!("search={}&created_from=2026-01-01T00:00:00Z&{}", "길".repeat(100), "sort=last_login");
        assert!(parse(&long).is_ok());
        let longer = format!("{long}&created_to=2026-01-01T00:00:00.123456Z");
        assert_eq!(parse(&longer).unwrap_err().to_string(), "must be at most 1000 characters");
    }
}
