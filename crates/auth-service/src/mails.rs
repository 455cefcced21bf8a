//! Mails that the use cases send, and the links in them.

use steward_domain::{Email, LinkId, LinkPurpose, MailPolicy, NewLink, Timestamp, TokenHash};

use crate::AuthService;
use crate::link_token::LinkToken;

/// Settings of a deployment that sends mails.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// The URL of the console, to which links lead. A request cannot influence it.
    pub public_url: String,
    /// Whether mails that do not concern the security of an account are sent.
    pub notices: bool,
}

/// A link whose user is not known yet: a decision binds it to the locked user.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UnboundLink {
    id: LinkId,
    token_hash: TokenHash,
}

impl UnboundLink {
    /// Returns the link for a user who has no key yet.
    pub(crate) fn for_new_user(self, purpose: LinkPurpose, address: &Email, now: Timestamp) -> NewLink {
        NewLink {
            id: self.id,
            purpose,
            user: None,
            address: address.clone(),
            token_hash: self.token_hash,
            expires_at: now + purpose.validity(),
        }
    }
}

impl AuthService {
    /// Returns the mails that this deployment sends.
    pub(crate) fn mail_policy(&self) -> MailPolicy {
        match &self.mail {
            None => MailPolicy::Off,
            Some(MailSettings { notices: false, .. }) => MailPolicy::SecurityOnly,
            Some(MailSettings { notices: true, .. }) => MailPolicy::All,
        }
    }

    /// Generates a link. Its token is derived again when the mail is sent.
    pub(crate) fn unbound_link(&self) -> UnboundLink {
        let id = self.ids.link_id();
        UnboundLink { id, token_hash: LinkToken::derive(&self.derived_keys.link.current, &id).hash() }
    }
}
