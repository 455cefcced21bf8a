//! Confirms the address of an account: the link in a mail to it proves that the user reads the mailbox.

use steward_domain::ports::{ChangeError, LinkUseError};
use steward_domain::{
    Action, AuditEntry, AuthenticatedSession, Email, LinkAction, LinkPurpose, Locale, MailContent, MailPolicy,
    NewMessage, Origin, Record, Timestamp, UnboundLink, User,
};

use crate::AuthService;
use crate::forgot_password::{LINK_WINDOW, MAX_LINKS};
use crate::link_token::LinkToken;

/// Errors of requests that need mail.
#[derive(Debug, thiserror::Error)]
pub enum LinkRequestError {
    /// The deployment sends no mails.
    #[error("this deployment sends no mails")]
    MailOff,
    /// The request failed.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

impl AuthService {
    /// Confirms the address that the link was sent to.
    pub async fn verify_email(&self, token: &LinkToken, origin: Origin) -> Result<(), LinkUseError> {
        let now = self.clock.now();
        let decide = move |user: &User, address: &Email| {
            AuditEntry::by_owner(user, Action::EmailVerified, now, origin)
                .with_details(format!("email: {address}"))
                .into()
        };
        self.links.consume(&token.hash(), LinkAction::VerifyEmail, now, Box::new(decide)).await?;
        Ok(())
    }

    /// Mails another link that confirms the address of the session's user. Sends nothing if the address is confirmed, or
    /// if the account got three links within an hour.
    pub async fn resend_verification(
        &self,
        session: &AuthenticatedSession,
        locale: Option<Locale>,
        origin: Origin,
    ) -> Result<(), LinkRequestError> {
        if self.mail_policy() == MailPolicy::Off {
            return Err(LinkRequestError::MailOff);
        }
        if session.user.email_verified_at.is_some() {
            return Ok(());
        }
        let now = self.clock.now();
        let entry =
            AuditEntry::by(&session.actor(), Action::EmailVerificationRequested, &session.user.user_id, now, origin);
        Ok(self.mail_verification(&session.user, entry, locale, now).await?)
    }

    /// Mails a link that confirms the address, with this audit entry. The limits are those of
    /// [`AuthService::resend_verification`].
    pub(crate) async fn mail_verification(
        &self,
        user: &User,
        entry: AuditEntry,
        locale: Option<Locale>,
        now: Timestamp,
    ) -> Result<(), ChangeError> {
        let link = self.unbound_link();
        let decide = move |user: &User, recent: u64| {
            let is_wanted = user.email_verified_at.is_none() && recent < MAX_LINKS;
            is_wanted.then(|| Record::from(entry).with_message(verification(user, link, now).or_in(locale)))
        };
        let purpose = LinkPurpose::VerifyEmail;
        match self.links.request(&user.user_id, purpose, now - LINK_WINDOW, Box::new(decide)).await {
            Ok(_) => Ok(()),
            Err(ChangeError::NotFound) => Err(ChangeError::ActorGone),
            Err(error) => Err(error),
        }
    }
}

fn verification(user: &User, link: UnboundLink, now: Timestamp) -> NewMessage {
    let link = link.bind(LinkPurpose::VerifyEmail, user, &user.email, now);
    NewMessage::to(user, MailContent::VerifyEmail).with_link(link)
}
