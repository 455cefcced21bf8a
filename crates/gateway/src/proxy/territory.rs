use actix_web::dev::ResourceDef;

/// The part of the API that a service serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Territory {
    /// `/api/auth`, the signing keys of tokens, and the administration of sessions, locks and sign-ins. Only the auth
    /// service holds these.
    Auth,
    /// The rest of `/api/admin`.
    Admin,
}

/// The patterns of the auth service. The router uses the first match.
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
/// The prefix of the users' paths.
const USERS: &str = "/api/admin/users/";

/// Returns the routes to services in the order of the router, which uses the first match.
///
/// First the paths of `described` in `territories`, then the patterns of all territories, so that none takes the paths
/// of another.
///
/// Paths without a parameter come first, because their comparison is much faster. Users follow, because they are
/// requested more often than their parts.
pub(super) fn routes<'d>(
    territories: &[Territory],
    described: impl Iterator<Item = &'d str>,
) -> Vec<(String, Territory)> {
    let owner = |path: &'d str| Some((path, *territories.iter().find(|territory| territory.holds(path))?));
    let mut known: Vec<_> = described.filter_map(owner).collect();
    known.sort_by_key(|(path, _)| (path.contains('{'), !path.starts_with(USERS), path.matches('/').count()));
    let patterns = Territory::ALL
        .into_iter()
        .flat_map(|territory| territory.patterns().iter().map(move |pattern| (*pattern, territory)));
    known.into_iter().chain(patterns).map(|(path, territory)| (path.to_owned(), territory)).collect()
}

impl Territory {
    /// All territories. Each precedes the ones that contain it.
    const ALL: [Self; 2] = [Self::Auth, Self::Admin];

    /// Whether a path or a template belongs to this service.
    fn holds(self, path: &str) -> bool {
        let is_auth = Self::Auth.covers(path);
        match self {
            Self::Auth => is_auth,
            Self::Admin => !is_auth && self.covers(path),
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
    fn described_paths_come_before_patterns() {
        let described = [
            "/api/admin/segments/{name}",
            "/api/admin/users/{user_id}/activate",
            "/api/admin/users/{user_id}",
            "/api/admin/users",
            "/api/admin/sessions",
            "/health",
        ];
        let paths = |territories: &[Territory]| -> Vec<String> {
            routes(territories, described.into_iter()).into_iter().map(|(path, _)| path).collect()
        };
        let admin = [
            "/api/admin/users",
            "/api/admin/users/{user_id}",
            "/api/admin/users/{user_id}/activate",
            "/api/admin/segments/{name}",
            "/api/auth/{tail:.*}",
        ];
        assert_eq!(paths(&[Territory::Admin])[..5], admin);
        assert_eq!(paths(&[Territory::Auth])[..2], ["/api/admin/sessions", "/api/auth/{tail:.*}"]);
        let both = paths(&[Territory::Admin, Territory::Auth]);
        assert_eq!(both[..2], ["/api/admin/users", "/api/admin/sessions"]);
        assert_eq!(both[2..6], admin[1..]);
        assert_eq!(both.last().unwrap(), "/api/admin/{tail:.*}", "the auth service's paths below it come first");
    }
}
