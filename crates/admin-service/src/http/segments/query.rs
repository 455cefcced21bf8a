use steward_domain::{Invalid, SegmentQuery};
use steward_web::{ApiError, Query};

use crate::http::users::list;

/// Reads a query string by the very parser of the list, so that whatever is kept can be asked; and all that is wrong
/// with it at once. Which page was looked at is not kept.
pub(super) fn parse(text: &str) -> Result<SegmentQuery, Invalid> {
    let query = Query::new(text);
    let normalized = query.fields().and_then(|mut fields| {
        for name in ["page", "cursor"] {
            fields.forbidden(name, "cannot be kept: it says which page, and not of what");
        }
        list::parse(fields)?;
        query.normalized()
    });
    SegmentQuery::parse(&normalized.map_err(told)?)
}

fn told(error: ApiError) -> Invalid {
    Invalid::new(match error {
        ApiError::Invalid(errors) => {
            let errors: Vec<_> = errors.iter().map(|error| format!("{} {}", error.field, error.message)).collect();
            errors.join("; ")
        }
        ApiError::Malformed(what) => what.into_owned(),
        error => error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_list_understands_is_kept_in_one_form() {
        for (query, kept) in [
            ("", ""),
            ("sort=name&order=asc&role=admin", "order=asc&role=admin&sort=name"),
            ("search=J%c3%b6rg+M&page_size=50&is_active=", "page_size=50&search=J%C3%B6rg%20M"),
        ] {
            assert_eq!(parse(query).unwrap().as_str(), kept, "{query}");
        }
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        for (query, told) in [
            ("role=boss&limit=3&page=1", &["role must be", "limit is not", "page cannot be kept"][..]),
            ("cursor=x", &["cursor cannot be kept"]),
            ("page=0", &["page cannot be kept"]),
            ("page_size=0", &["page_size must be"]),
            ("?role=user", &["?role is not"]),
            ("search=%zz", &["A percent-escape is incomplete"]),
            ("search=%00", &["search must not hold control characters"]),
            ("role=user&role=admin", &["role is given twice"]),
        ] {
            let refused = parse(query).unwrap_err().to_string();
            assert!(told.iter().all(|part| refused.contains(part)), "{query}: {refused}");
        }
        // Within what may be searched for, but longer than what is kept once it is escaped.
        let long = format!("search={}&created_from=2026-01-01T00:00:00Z&{}", "길".repeat(100), "sort=last_login");
        assert!(parse(&long).is_ok());
        let longer = format!("{long}&created_to=2026-01-01T00:00:00.123456Z");
        assert_eq!(parse(&longer).unwrap_err().to_string(), "must be at most 1000 characters");
    }
}
