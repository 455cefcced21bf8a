use actix_web::http::Method;

/// A rule of the rate limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    ApiAddress,
    ApiToken,
    Login,
    Register,
    Refresh,
    Password,
}

impl Rule {
    pub(super) const ALL: [Self; 6] =
        [Self::ApiAddress, Self::ApiToken, Self::Login, Self::Register, Self::Refresh, Self::Password];

    /// The index of the rule in `ALL`.
    pub(super) const fn position(self) -> usize {
        self as usize
    }

    /// The bit of the rule in a set of rules.
    pub(super) const fn bit(self) -> usize {
        1 << self.position()
    }

    /// The name of the rule in response headers, metrics and the limiter's keys.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Register => "register",
            Self::Refresh => "refresh",
            Self::Password => "password",
            Self::ApiToken => "api_token",
            Self::ApiAddress => "api_address",
        }
    }

    /// Returns the rule of a route, in addition to the rules of all requests.
    ///
    /// `path` is percent-decoded like the router's, so that an escape (`/api/auth/%6Cogin`) does not bypass a rule.
    pub(super) fn of_route(method: &Method, path: &str) -> Option<Self> {
        if *method != Method::POST {
            return None;
        }
        match path.strip_prefix("/api/auth/") {
            Some("login") => Some(Self::Login),
            Some("register") => Some(Self::Register),
            Some("refresh") => Some(Self::Refresh),
            Some("change-password" | "password-strength") => Some(Self::Password),
            Some(_) => None,
            None => is_reset(path).then_some(Self::Password),
        }
    }
}

/// `/api/admin/users/{user_id}/reset-password`
fn is_reset(path: &str) -> bool {
    path.strip_prefix("/api/admin/users/").is_some_and(|rest| rest.ends_with("/reset-password"))
}

/// Whether a path has no limits: operators, probes and browsers read these paths, which are cheap and contain no user's
/// data.
pub(super) fn is_unlimited(path: &str) -> bool {
    let is_below = |page: &str| path.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    matches!(path, "/metrics" | "/openapi.json") || ["/health", "/docs", "/redoc"].into_iter().any(is_below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_expensive_call_has_its_rule() {
        for (path, rule) in [
            ("/api/auth/login", Some(Rule::Login)),
            ("/api/auth/register", Some(Rule::Register)),
            ("/api/auth/refresh", Some(Rule::Refresh)),
            ("/api/auth/change-password", Some(Rule::Password)),
            ("/api/auth/password-strength", Some(Rule::Password)),
            ("/api/admin/users/alice/reset-password", Some(Rule::Password)),
            ("/api/auth/me", None),
            ("/api/auth/login/", None),
            ("/api/auth/loginx", None),
            ("/api/admin/users/alice/activate", None),
            ("/login", None),
        ] {
            assert_eq!(Rule::of_route(&Method::POST, path), rule, "{path}");
            assert_eq!(Rule::of_route(&Method::GET, path), None, "{path}");
        }
    }

    #[test]
    fn each_rule_has_its_index() {
        for (index, rule) in Rule::ALL.into_iter().enumerate() {
            assert_eq!(rule.position(), index, "{rule:?}");
        }
    }

    #[test]
    fn pages_for_operators_and_browsers_are_unlimited() {
        for path in ["/health", "/health/live", "/metrics", "/docs", "/docs/swagger-ui.css", "/redoc", "/openapi.json"]
        {
            assert!(is_unlimited(path), "{path}");
        }
        for path in ["/", "/api/auth/me", "/.well-known/jwks.json", "/healthy", "/documents", "/metrics/x", "/api"] {
            assert!(!is_unlimited(path), "{path}");
        }
    }
}
