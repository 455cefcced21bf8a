use super::AuditEntry;

/// The kind of an actor. Unlike an actor's name, no user can choose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActorKind {
    /// A user, in a session or at their registration.
    User,
    /// The program itself, at its start or in a background task.
    System,
    /// A command that an operator ran.
    Cli,
}

impl ActorKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::User, Self::System, Self::Cli];

    /// Returns the kind's name on the wire and in storage.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::System => "system",
            Self::Cli => "cli",
        }
    }

    /// Derives the kind of an entry's actor from its stored fields. Earlier releases stored no kind. Their program
    /// acted as [`AuditEntry::SYSTEM`] without an origin, while a user with that id always had an address.
    pub fn derive(stored: Option<&str>, actor_id: &str, origin: &Origin) -> Self {
        let is_program = actor_id == AuditEntry::SYSTEM && *origin == Origin::default();
        let derived = if is_program { Self::System } else { Self::User };
        stored.and_then(|stored| Self::ALL.into_iter().find(|kind| kind.as_str() == stored)).unwrap_or(derived)
    }
}

/// The origin of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The client's address (IPv4 or IPv6), without a port.
    pub ip_address: Option<String>,
    /// The client's `User-Agent` without control characters, cut to [`Origin::USER_AGENT_MAX`] characters.
    pub user_agent: Option<String>,
}

impl Origin {
    /// Maximum length of a stored user agent, in characters.
    pub const USER_AGENT_MAX: usize = 512;

    /// Creates an origin from the address and the user agent of a request.
    pub fn new(ip_address: Option<std::net::IpAddr>, user_agent: Option<&str>) -> Self {
        let printable =
            |text: &str| text.chars().filter(|c| !c.is_control()).take(Self::USER_AGENT_MAX).collect::<String>();
        Self {
            ip_address: ip_address.map(|ip| ip.to_canonical().to_string()),
            user_agent: user_agent.map(printable).filter(|text| !text.is_empty()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_without_a_kind_are_the_programs_only_if_no_user_can_have_written_them() {
        let nowhere = Origin::default();
        let somewhere = Origin::new(Some([192, 0, 2, 1].into()), None);
        for (stored, id, origin, kind) in [
            (None, "system", &nowhere, ActorKind::System),
            (None, "system", &somewhere, ActorKind::User),
            (None, "System", &nowhere, ActorKind::User),
            (None, "alice", &nowhere, ActorKind::User),
            (Some("cli"), "system", &nowhere, ActorKind::Cli),
            (Some("user"), "system", &nowhere, ActorKind::User),
            (Some("system"), "system", &somewhere, ActorKind::System),
            (Some("of a later release"), "alice", &somewhere, ActorKind::User),
        ] {
            assert_eq!(ActorKind::derive(stored, id, origin), kind, "{stored:?} {id} {origin:?}");
        }
    }
}
