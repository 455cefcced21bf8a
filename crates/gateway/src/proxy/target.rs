use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Whether a path means the same to everyone who reads it: no empty or dot segments, no slashes in disguise.
///
/// `/api/auth/../internal/x` begins with a prefix that is passed on, and must not end up at `/internal/x` with whoever
/// resolves it.
pub(super) fn is_plain(path: &str) -> bool {
    let Some(segments) = path.strip_prefix('/') else { return false };
    // One slash at the end makes an empty segment that is none.
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
    fn whatever_could_lead_elsewhere_is_not_plain() {
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
