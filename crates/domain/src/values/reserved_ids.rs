use std::collections::HashSet;

use crate::{Invalid, UserId};

/// User ids that users cannot choose, because they could be mistaken for the program, its operators or a missing user.
///
/// The comparison ignores case and the separators `.`, `_` and `-`:
///
/// ```
/// use steward_domain::{ReservedIds, UserId};
///
/// let reserved = ReservedIds::default();
/// assert!(reserved.contains(&UserId::parse("Sys.Tem")?));
/// assert!(!reserved.contains(&UserId::parse("systems")?));
/// # Ok::<(), steward_domain::Invalid>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservedIds(HashSet<String>);

impl ReservedIds {
    /// The reserved ids, unless a setting replaces them.
    pub const DEFAULT: [&'static str; 42] = [
        "abuse",
        "account",
        "accounts",
        "admin",
        "administrator",
        "anonymous",
        "api",
        "audit",
        "billing",
        "cli",
        "console",
        "daemon",
        "everyone",
        "guest",
        "help",
        "helpdesk",
        "hostmaster",
        "info",
        "mailer-daemon",
        "me",
        "moderator",
        "nobody",
        "noreply",
        "null",
        "official",
        "operator",
        "owner",
        "postmaster",
        "privacy",
        "root",
        "security",
        "self",
        "service",
        "staff",
        "steward",
        "super-admin",
        "superuser",
        "support",
        "sysadmin",
        "system",
        "undefined",
        "webmaster",
    ];

    /// Reserves these ids. Refuses an id without a letter or digit.
    pub fn new<'a>(ids: impl IntoIterator<Item = &'a str>) -> Result<Self, Invalid> {
        let skeletons = ids.into_iter().map(skeleton).collect::<HashSet<_>>();
        if skeletons.contains("") { Err(Invalid::new("must hold no empty id")) } else { Ok(Self(skeletons)) }
    }

    /// Whether the id is reserved.
    pub fn contains(&self, id: &UserId) -> bool {
        self.0.contains(&skeleton(id.key()))
    }
}

impl Default for ReservedIds {
    fn default() -> Self {
        Self(Self::DEFAULT.into_iter().map(skeleton).collect())
    }
}

fn skeleton(id: &str) -> String {
    id.chars().filter(|c| !matches!(c, '.' | '_' | '-')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_reserved(reserved: &ReservedIds, id: &str) -> bool {
        reserved.contains(&UserId::parse(id).unwrap())
    }

    #[test]
    fn ids_are_reserved_in_any_case_and_with_any_separators() {
        let reserved = ReservedIds::default();
        for id in ["system", "SYSTEM", "System", "sys.tem", "s-y_s.t.e-m", "system.", "Mailer_Daemon", "superadmin"] {
            assert!(is_reserved(&reserved, id), "{id}");
        }
        for id in ["systems", "system1", "mysystem", "alice", "sysadm"] {
            assert!(!is_reserved(&reserved, id), "{id}");
        }
    }

    #[test]
    fn a_list_replaces_the_default_one() {
        let reserved = ReservedIds::new(["acme", "Acme.Support"]).unwrap();
        assert!(is_reserved(&reserved, "ACME") && is_reserved(&reserved, "acmesupport"));
        assert!(!is_reserved(&reserved, "system"));
        assert_eq!(ReservedIds::new([]).unwrap().0.len(), 0);
        for empty in ["", "._-"] {
            assert!(ReservedIds::new(["acme", empty]).is_err());
        }
    }
}
