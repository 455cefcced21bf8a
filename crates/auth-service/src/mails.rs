//! Mails that the use cases send, and the links in them.

use secrecy::{ExposeSecret, SecretString};
use steward_domain::{LinkPurpose, MailPolicy, UnboundLink};

use crate::AuthService;
use crate::link_token::LinkToken;

/// Settings of a deployment that sends mails.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// The URL of the console, to which links lead, without a slash at its end. A request cannot influence it.
    pub public_url: String,
    /// The mails that are sent.
    pub policy: MailPolicy,
}

impl AuthService {
    /// Returns the mails that this deployment sends.
    pub(crate) fn mail_policy(&self) -> MailPolicy {
        self.mail.as_ref().map_or(MailPolicy::Off, |mail| mail.policy)
    }

    /// Generates a link. Its token is derived again when the mail is sent.
    pub(crate) fn unbound_link(&self) -> UnboundLink {
        let id = self.ids.link_id();
        UnboundLink { id, token_hash: LinkToken::derive(&self.derived_keys.link.current, &id).hash() }
    }
}

/// Returns the URL of a link.
pub(crate) fn link_url(public_url: &str, purpose: LinkPurpose, token: &LinkToken) -> SecretString {
    format!("{public_url}{}?token={}", purpose.path(), token.text().expose_secret()).into()
}

#[cfg(test)]
mod tests {
    use steward_domain::LinkId;

    use super::*;
    use crate::DerivedKeys;

    #[test]
    fn a_url_has_the_page_of_its_purpose_and_the_token() {
        let keys = DerivedKeys::new(&"a key".into(), None).link;
        let token = LinkToken::derive(&keys.current, &LinkId::new([1; 16]));
        let url = link_url("https://accounts.example.com", LinkPurpose::ResetPassword, &token);
        let text = url.expose_secret().strip_prefix("https://accounts.example.com/reset-password?token=").unwrap();
        assert_eq!(LinkToken::parse(text).unwrap().hash(), token.hash());
    }
}
