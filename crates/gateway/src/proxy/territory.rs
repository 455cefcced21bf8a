use actix_web::dev::ResourceDef;

/// What of the API a service serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
/// Below it lie the users.
const USERS: &str = "/api/admin/users/";

/// The routes to services, of which the router takes the first that matches: the paths that `described` knows and that
/// lie in one of `territories`, then the whole of every territory, so that none takes what is another's. Paths without
/// a pattern are compared much faster and come first; then users, who are asked for more often than what belongs to one.
pub(super) fn routes<'d>(
    territories: &[Territory],
    described: impl Iterator<Item = &'d str>,
) -> Vec<(String, Territory)> {
    let owner = |path: &'d str| Some((path, *territories.iter().find(|territory| territory.holds(path))?));
    let mut known: Vec<_> = described.filter_map(owner).collect();
    known.sort_by_key(|(path, _)| (path.contains('{'), !path.starts_with(USERS), path.matches('/').count()));
    let wholes = Territory::ALL
        .into_iter()
        .flat_map(|territory| territory.patterns().iter().map(move |pattern| (*pattern, territory)));
    known.into_iter().chain(wholes).map(|(path, territory)| (path.to_owned(), territory)).collect()
}

impl Territory {
    /// Those whose patterns come first lie within the others.
    const ALL: [Self; 2] = [Self::Auth, Self::Admin];

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
        assert_eq!(both.last().unwrap(), "/api/admin/{tail:.*}", "what it holds of the auth service's comes before it");
    }
}
