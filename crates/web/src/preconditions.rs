use std::iter::{once, successors};

use actix_web::HttpRequest;
use actix_web::http::header::{ETag, EntityTag, IF_MATCH};
use steward_domain::{User, UserVersion};

use crate::HttpError;

/// Returns the entity tag of a user (RFC 9110, 8.8.3). It changes with every change of the user, and not with a
/// sign-in.
pub fn user_tag(user: &User) -> ETag {
    ETag(EntityTag::new_strong(UserVersion::of(user).as_str().to_owned()))
}

/// Returns the versions of the user in `If-Match` (RFC 9110, 13.1.1). Any of them satisfies the precondition.
///
/// Returns `None` without the header, or for `*`, which requires only that the user exists.
///
/// RFC 9110 requires a strong comparison, so that a weak tag never matches. That rule protects tags that identify
/// bytes.
///
/// These tags identify a version of the user, which does not depend on the encoding of the response. A tag is therefore
/// valid in the form that a compressing proxy gives it. nginx, Varnish and Cloudflare weaken the tag. Apache, Caddy and
/// Jetty append the coding.
pub fn if_match(request: &HttpRequest) -> Result<Option<Vec<UserVersion>>, HttpError> {
    let mut lines = request.headers().get_all(IF_MATCH).peekable();
    if lines.peek().is_none() {
        return Ok(None);
    }
    // Several header lines are one list (RFC 9110, 5.3).
    let list: Vec<_> = lines.map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    let list = list.join(",");
    if list.trim_matches(WHITE_SPACE) == "*" {
        return Ok(None);
    }
    tags(&list).map(Some).ok_or_else(|| {
        HttpError::Malformed("The header If-Match must be * or a list of entity tags, each in double quotes".into())
    })
}

const WHITE_SPACE: [char; 2] = [' ', '\t'];

/// The separators that compressing proxies put between a tag and the name of the coding.
const SEPARATORS: [char; 2] = ['-', ';'];
/// The codings that compressing proxies append to a tag.
const CODINGS: [&str; 4] = ["gzip", "br", "zstd", "deflate"];

/// Returns the tags to which a compressing proxy may have appended a coding.
///
/// Jetty adds two dashes, and a version may itself end in a dash.
fn without_coding(tag: &str) -> impl Iterator<Item = &str> {
    let marked = CODINGS.iter().find_map(|coding| tag.strip_suffix(coding));
    successors(marked.and_then(|tag| tag.strip_suffix(SEPARATORS)), |tag| tag.strip_suffix(SEPARATORS)).take(2)
}

/// Parses a non-empty list of tags; `None` if the text is not such a list. Tags may contain commas, so the list is not
/// split.
fn tags(mut rest: &str) -> Option<Vec<UserVersion>> {
    let (mut versions, mut count) = (Vec::new(), 0);
    loop {
        rest = rest.trim_start_matches(WHITE_SPACE);
        // Empty elements are ignored (RFC 9110, 5.6.1.2).
        if let Some(next) = rest.strip_prefix(',') {
            rest = next;
            continue;
        }
        if rest.is_empty() {
            return (count > 0).then_some(versions);
        }
        let quoted = rest.strip_prefix("W/").unwrap_or(rest);
        let (opaque, after) = quoted.strip_prefix('"')?.split_once('"')?;
        if opaque.chars().any(|c| c <= ' ' || c == '\u{7f}') {
            return None;
        }
        count += 1;
        versions.extend(once(opaque).chain(without_coding(opaque)).map(UserVersion::from_client));
        rest = after.trim_start_matches(WHITE_SPACE);
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn read(lines: &[&str]) -> Result<Option<Vec<String>>, HttpError> {
        let mut request = TestRequest::default();
        for line in lines {
            request = request.append_header((IF_MATCH, *line));
        }
        let versions = if_match(&request.to_http_request())?;
        Ok(versions.map(|versions| versions.iter().map(|version| version.as_str().to_owned()).collect()))
    }

    #[test]
    fn lists_of_entity_tags_are_parsed() {
        assert_eq!(read(&[]).unwrap(), None);
        assert_eq!(read(&[" * "]).unwrap(), None);
        for (lines, tags) in [
            (&[r#""a""#][..], &["a"][..]),
            (&[r#""a","b" , "c""#], &["a", "b", "c"]),
            (&[r#""a""#, r#"W/"b""#, r#""c""#], &["a", "b", "c"]),
            (&[r#", "a,b",, """#], &["a,b", ""]),
            (&[r#"W/"a""#], &["a"]),
            (&[r#""a-gzip""#], &["a-gzip", "a"]),
            (&[r#"W/"a--gzip", "b;gzip""#], &["a--gzip", "a-", "a", "b;gzip", "b"]),
            (&[r#""a-br", "b-zstd", "c-deflate""#], &["a-br", "a", "b-zstd", "b", "c-deflate", "c"]),
            (&[r#""agzip", "a-gzipped", "-a-""#], &["agzip", "a-gzipped", "-a-"]),
            (&[r#""*""#], &["*"]),
        ] {
            assert_eq!(read(lines).unwrap().unwrap(), tags, "{lines:?}");
        }
    }

    #[test]
    fn an_invalid_list_is_malformed_and_the_error_names_the_header() {
        for line in [
            "",
            ",",
            "a",
            r#""a"#,
            r#"a""#,
            r#"*, "a""#,
            r#""a", *"#,
            r#"w/"a""#,
            "W/a",
            r#"W/ "a""#,
            r#""a""b""#,
            r#""a" b"#,
            r#""a b""#,
        ] {
            match read(&[line]) {
                Err(HttpError::Malformed(detail)) => assert!(detail.contains("If-Match"), "{detail}"),
                other => panic!("{line:?}: {other:?}"),
            }
        }
        assert!(read(&["*", "*"]).is_err());
    }
}
