use actix_web::dev::ResourceDef;

/// What of the API a service serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Territory {
    /// `/api/auth`, the keys that tokens are signed with, and what administrators ask of sessions, locks and sign-ins:
    /// the auth service alone holds those.
    Auth,
    /// The rest of `/api/admin`.
    Admin,
}

/// Where the auth service's territory lies. Patterns, from which the router takes the first that matches.
const AUTH: [&str; 8] = [
    "/api/auth/{tail:.*}",
    "/api/admin/sessions",
    "/api/admin/sessions/{tail:.*}",
    "/api/admin/users/{user_id}/sessions",
    "/api/admin/users/{user_id}/sessions/{tail:.*}",
    "/api/admin/users/{user_id}/unlock",
    "/api/admin/users/{user_id}/timeline",
    "/.well-known/jwks.json",
];
const ADMIN: [&str; 1] = ["/api/admin/{tail:.*}"];

impl Territory {
    /// The routes to a service: the paths of its territory that `described` knows, so that metrics tell them apart,
    /// then the whole territory.
    pub(super) fn routes<'d>(self, described: impl Iterator<Item = &'d str>) -> Vec<String> {
        let known = described.filter(|path| self.holds(path));
        known.chain(self.patterns().iter().copied()).map(str::to_owned).collect()
    }

    /// Whether a path, or the template of one, is this service's.
    fn holds(self, path: &str) -> bool {
        let is_auths = Self::Auth.covers(path);
        match self {
            Self::Auth => is_auths,
            Self::Admin => !is_auths && self.covers(path),
        }
    }

    fn covers(self, path: &str) -> bool {
        self.patterns().iter().any(|pattern| ResourceDef::new(*pattern).is_match(path))
    }

    fn patterns(self) -> &'static [&'static str] {
        match self {
            Self::Auth => &AUTH,
            Self::Admin => &ADMIN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_has_one_service() {
        for path in [
            "/api/auth/me",
            "/api/auth/sessions/{session_id}",
            "/api/admin/sessions",
            "/api/admin/users/{user_id}/sessions",
            "/api/admin/users/alice/sessions/17",
            "/api/admin/users/{user_id}/unlock",
            "/api/admin/users/{user_id}/timeline",
            "/.well-known/jwks.json",
        ] {
            assert!(Territory::Auth.holds(path) && !Territory::Admin.holds(path), "{path}");
        }
        for path in [
            "/api/admin/users",
            "/api/admin/users/{user_id}",
            "/api/admin/users/sessions",
            "/api/admin/users/unlock",
            "/api/admin/users/{user_id}/reset-password",
            "/api/admin/users/{user_id}/sessionsx",
            "/api/admin/audit-logs",
            "/api/admin/sessionsx",
        ] {
            assert!(Territory::Admin.holds(path) && !Territory::Auth.holds(path), "{path}");
        }
        for path in ["/health", "/api", "/api/authx", "/.well-known/openid-configuration", "/internal/authenticate"] {
            assert!(!Territory::Admin.holds(path) && !Territory::Auth.holds(path), "{path}");
        }
    }

    #[test]
    fn what_is_described_comes_before_the_rest() {
        let described = ["/api/admin/users", "/api/admin/sessions", "/health"];
        assert_eq!(Territory::Admin.routes(described.into_iter()), ["/api/admin/users", "/api/admin/{tail:.*}"]);
        assert_eq!(Territory::Auth.routes(described.into_iter())[..2], ["/api/admin/sessions", "/api/auth/{tail:.*}"]);
    }
}
