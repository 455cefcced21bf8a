use actix_web::http::header::{AUTHORIZATION, HeaderMap};

/// Returns the bearer token in `Authorization` (RFC 6750, 2.1). The scheme is case-insensitive (RFC 9110, 11.1).
pub fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    const SCHEME: &[u8] = b"bearer ";
    let (scheme, token) = headers.get(AUTHORIZATION)?.as_bytes().split_at_checked(SCHEME.len())?;
    let token = str::from_utf8(token.trim_ascii()).ok()?;
    (scheme.eq_ignore_ascii_case(SCHEME) && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn a_token_follows_the_scheme() {
        for (authorization, token) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("BEARER abc", Some("abc")),
            ("", None),
            ("Bearer", None),
            ("Bearer ", None),
            ("Basic abc", None),
            ("Bearerabc", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_static(authorization));
            assert_eq!(bearer_token(&headers), token, "{authorization}");
        }
        assert_eq!(bearer_token(&HeaderMap::new()), None);
    }
}
