use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Whether a path has one meaning for every reader: it has no empty segments, dot segments or encoded slashes.
///
/// `/api/auth/../internal/x` has a forwarded prefix, but a service that resolves it would serve `/internal/x`.
pub(super) fn is_plain(path: &str) -> bool {
    let Some(segments) = path.strip_prefix('/') else { return false };
    // A slash at the end does not add an empty segment.
    let segments = segments.strip_suffix('/').unwrap_or(segments);
    segments.split('/').all(|segment| {
        let decoded: Cow<'_, [u8]> = percent_decode_str(segment).into();
        !matches!(&*decoded, b"" | b"." | b"..") && !decoded.iter().any(|b| matches!(b, b'/' | b'\\' | 0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ambiguous_path_is_not_plain() {
        for path in [
            "",
            "internal",
            "/",
            "//internal/authenticate",
            "/api/auth/../internal/authenticate",
            "/api/auth/%2e%2e/internal",
            "/api/auth/.%2E/internal",
            "/api/auth/./me",
            "/api/auth//me",
            "/api/auth/me//",
            "/api/auth/..%2finternal",
            "/api/auth/%2Finternal",
            "/api/auth/..\\internal",
            "/api/auth/%5c..",
            "/api/auth/%00",
            "/api/auth/..",
        ] {
            assert!(!is_plain(path), "{path}");
        }
        for path in ["/api/auth/me", "/api/admin/users/a.b..c", "/api/auth/me/", "/api/admin/users/%ED%99%8D%20x"] {
            assert!(is_plain(path), "{path}");
        }
    }
}
