use actix_web::http::Method;

/// What is limited, and by what.
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

    /// Its place in `ALL`.
    pub(super) const fn position(self) -> usize {
        self as usize
    }

    /// What stands for it in a set of rules.
    pub(super) const fn bit(self) -> usize {
        1 << self.position()
    }

    /// As it is called in answers, in metrics and in the limiter's keys.
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

    /// The rule for what is asked for by this method at this path, besides those for everything.
    ///
    /// `path` is the path as the router reads it: an escape in it (`/api/auth/%6Cogin`) leads nobody around a rule.
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

/// Whether a path is for everybody, as often as they like: what operators, probes and browsers read, which costs
/// little and says nothing of anybody.
pub(super) fn is_free(path: &str) -> bool {
    let is_below = |page: &str| path.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    matches!(path, "/metrics" | "/openapi.json") || ["/health", "/docs", "/redoc"].into_iter().any(is_below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_costly_call_has_its_rule() {
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
    fn each_rule_has_its_place() {
        for (place, rule) in Rule::ALL.into_iter().enumerate() {
            assert_eq!(rule.position(), place, "{rule:?}");
        }
    }

    #[test]
    fn pages_for_operators_and_browsers_are_free() {
        for path in ["/health", "/health/live", "/metrics", "/docs", "/docs/swagger-ui.css", "/redoc", "/openapi.json"]
        {
            assert!(is_free(path), "{path}");
        }
        for path in ["/", "/api/auth/me", "/.well-known/jwks.json", "/healthy", "/documents", "/metrics/x", "/api"] {
            assert!(!is_free(path), "{path}");
        }
    }
}
