use std::iter::{once, successors};

use actix_web::HttpRequest;
use actix_web::http::header::{ETag, EntityTag, IF_MATCH};
use steward_domain::{User, UserVersion};

use crate::ApiError;

/// The tag of a user as they stand (RFC 9110, 8.8.3): another one after every change, the same after signing in.
pub fn user_tag(user: &User) -> ETag {
    ETag(EntityTag::new_strong(UserVersion::of(user).as_str().to_owned()))
}

/// What the caller saw of the user whom the request is to change, by `If-Match` (RFC 9110, 13.1.1): any of these
/// versions. `None` where there is no such header or `*`, which asks for no more than that there is a user.
///
/// RFC 9110 compares these tags strongly, so that a weak one never matches. That is for tags that stand for bytes. Ours
/// stand for a version of the user, which is the same however a proxy encodes the answer. So a tag of ours counts in the
/// form that a compressing proxy gives it: weak (nginx, Varnish, Cloudflare), or with the coding at its end (Apache,
/// Caddy, Jetty).
pub fn if_match(request: &HttpRequest) -> Result<Option<Vec<UserVersion>>, ApiError> {
    let mut lines = request.headers().get_all(IF_MATCH).peekable();
    if lines.peek().is_none() {
        return Ok(None);
    }
    // Several lines are one list (RFC 9110, 5.3).
    let list: Vec<_> = lines.map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    let list = list.join(",");
    if list.trim_matches(WHITE_SPACE) == "*" {
        return Ok(None);
    }
    tags(&list).map(Some).ok_or_else(|| {
        ApiError::Malformed("The header If-Match must be * or a list of entity tags, each in double quotes".into())
    })
}

const WHITE_SPACE: [char; 2] = [' ', '\t'];

/// What compressing proxies put between a tag and the name of the coding.
const SEPARATORS: [char; 2] = ['-', ';'];
/// The codings that they name at the end of a tag.
const CODINGS: [&str; 4] = ["gzip", "br", "zstd", "deflate"];

/// The tags after which a compressing proxy may have put the name of a coding. Jetty puts two dashes between, and a
/// version may itself end in one.
fn without_coding(tag: &str) -> impl Iterator<Item = &str> {
    let marked = CODINGS.iter().find_map(|coding| tag.strip_suffix(coding));
    successors(marked.and_then(|tag| tag.strip_suffix(SEPARATORS)), |tag| tag.strip_suffix(SEPARATORS)).take(2)
}

/// The versions of a list that holds any; `None` if it is no list of tags. One at a time, since a tag may hold commas.
fn tags(mut rest: &str) -> Option<Vec<UserVersion>> {
    let (mut versions, mut count) = (Vec::new(), 0);
    loop {
        rest = rest.trim_start_matches(WHITE_SPACE);
        // Empty elements are to be read over (RFC 9110, 5.6.1.2).
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
        versions.extend(once(opaque).chain(without_coding(opaque)).map(UserVersion::told));
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

    fn read(lines: &[&str]) -> Result<Option<Vec<String>>, ApiError> {
        let mut request = TestRequest::default();
        for line in lines {
            request = request.append_header((IF_MATCH, *line));
        }
        let versions = if_match(&request.to_http_request())?;
        Ok(versions.map(|versions| versions.iter().map(|version| version.as_str().to_owned()).collect()))
    }

    #[test]
    fn lists_are_read_as_the_standard_writes_them() {
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
    fn what_is_no_list_of_tags_is_malformed_and_the_header_is_named() {
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
                Err(ApiError::Malformed(detail)) => assert!(detail.contains("If-Match"), "{detail}"),
                other => panic!("{line:?}: {other:?}"),
            }
        }
        assert!(read(&["*", "*"]).is_err());
    }
}
