use super::{MailContent, MailKind};
use crate::{DisplayName, Email, Locale, NewLink, User, UserKey};

/// A mail to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// The recipient.
    pub recipient: Recipient,
    /// The content.
    pub content: MailContent,
    /// The link that the mail carries.
    ///
    /// It supersedes the earlier unused links of the same purpose and account; for an invitation, of the same address.
    pub link: Option<NewLink>,
}

impl NewMessage {
    /// Creates a mail to the address of `user`, without a link.
    pub fn to(user: &User, content: MailContent) -> Self {
        let recipient = Recipient {
            user: Some(user.id),
            address: user.email.clone(),
            name: Some(user.name.clone()),
            locale: user.locale.clone(),
        };
        Self { recipient, content, link: None }
    }

    /// Adds a link.
    #[must_use]
    pub fn with_link(self, link: NewLink) -> Self {
        Self { link: Some(link), ..self }
    }

    /// Sets another address of the same recipient.
    #[must_use]
    pub fn at_address(mut self, address: Email) -> Self {
        self.recipient.address = address;
        self
    }

    /// Sets the language, if the recipient has not chosen one.
    #[must_use]
    pub fn or_in(mut self, locale: Option<Locale>) -> Self {
        self.recipient.locale = self.recipient.locale.or(locale);
        self
    }

    /// Removes the reference to the account, which is deleted with the cause of the mail.
    #[must_use]
    pub fn without_account(mut self) -> Self {
        self.recipient.user = None;
        self
    }
}

/// The mails that a deployment sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MailPolicy {
    /// None: no mail server is configured.
    #[default]
    Off,
    /// Only mails that concern the security of an account.
    SecurityOnly,
    /// All mails.
    All,
}

impl MailPolicy {
    /// Whether mails of this kind are sent.
    pub const fn permits(self, kind: MailKind) -> bool {
        match self {
            Self::Off => false,
            Self::SecurityOnly => kind.is_about_security(),
            Self::All => true,
        }
    }
}

/// The recipient of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The account; `None` if the recipient has none.
    pub user: Option<UserKey>,
    /// The address that the mail goes to.
    pub address: Email,
    /// The recipient's name.
    pub name: Option<DisplayName>,
    /// The recipient's language; `None` for the default.
    pub locale: Option<Locale>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_permits_security_mails_or_all_or_none() {
        for (policy, of_security, others) in
            [(MailPolicy::Off, false, false), (MailPolicy::SecurityOnly, true, false), (MailPolicy::All, true, true)]
        {
            assert_eq!(policy.permits(MailKind::PasswordChanged), of_security, "{policy:?}");
            assert_eq!(policy.permits(MailKind::Welcome), others, "{policy:?}");
        }
    }
}
