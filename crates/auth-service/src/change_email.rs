//! Changes the address of an account, in two steps: the user requests the change with the password, and the link in a
//! mail to the new address confirms it. A link in a mail to the old address undoes it.

use std::sync::Arc;

use steward_domain::ports::{ChangeError, LinkUseError, StoreError};
use steward_domain::{
    Action, AuditEntry, AuthenticatedSession, Email, LinkAction, LinkPurpose, Locale, MailContent, MailPolicy,
    NewMessage, Origin, PasswordAttempt, Record, User,
};

use crate::AuthService;
use crate::current_password::CurrentPasswordError;
use crate::forgot_password::{LINK_WINDOW, MAX_LINKS};
use crate::link_token::LinkToken;

/// Errors of [`AuthService::request_email_change`].
#[derive(Debug, thiserror::Error)]
pub enum ChangeEmailError {
    /// The deployment sends no mails.
    #[error("this deployment sends no mails")]
    MailOff,
    /// The new address equals the current one.
    #[error("the new address equals the current one")]
    SameAddress,
    /// The password was not accepted, the session has ended, or the service failed.
    #[error(transparent)]
    Current(#[from] CurrentPasswordError),
}

impl AuthService {
    /// Mails a link that confirms the change to `new`. The attempt at the password counts like a sign-in attempt.
    ///
    /// If another user has the address, no mail is sent and the outcome is the same, so that it does not reveal the
    /// addresses of other users.
    pub async fn request_email_change(
        self: &Arc<Self>,
        session: &AuthenticatedSession,
        new: Email,
        password: &PasswordAttempt,
        locale: Option<Locale>,
        origin: Origin,
    ) -> Result<(), ChangeEmailError> {
        if self.mail_policy() == MailPolicy::Off {
            return Err(ChangeEmailError::MailOff);
        }
        if new == session.user.email {
            return Err(ChangeEmailError::SameAddress);
        }
        self.check_current_password(session, password).await?;
        let is_taken = self.links.is_taken(&new).await.map_err(CurrentPasswordError::from)?;
        let (now, link, actor) = (self.clock.now(), self.unbound_link(), session.actor());
        let decide = move |user: &User, recent: u64| {
            let details = format!("email: {} → {new}", user.email);
            let entry = AuditEntry::by(&actor, Action::EmailChangeRequested, &user.user_id, now, origin);
            let record = Record::from(entry.with_details(details));
            // The user's timeline shows the entries, so they must not depend on whether the address is taken.
            if is_taken || recent >= MAX_LINKS {
                return Some(record);
            }
            let link = link.bind(LinkPurpose::ChangeEmail, user, &new, now);
            let message = NewMessage::to(user, MailContent::ConfirmEmailChange).at_address(new).or_in(locale);
            Some(record.with_message(message.with_link(link)))
        };
        let (user, purpose) = (&session.user.user_id, LinkPurpose::ChangeEmail);
        match self.links.request(user, purpose, now - LINK_WINDOW, Box::new(decide)).await {
            Ok(_) => Ok(()),
            Err(ChangeError::Store(error)) => Err(CurrentPasswordError::from(error).into()),
            Err(_) => Err(CurrentPasswordError::SignedOut.into()),
        }
    }

    /// Replaces the address of the account with that of the link. The old address gets a link that undoes it. Sessions
    /// stay valid.
    pub async fn confirm_email_change(&self, token: &LinkToken, origin: Origin) -> Result<(), LinkUseError> {
        let (now, policy, undo) = (self.clock.now(), self.mail_policy(), self.unbound_link());
        let decide = move |user: &User, address: &Email| {
            let details = format!("email: {} → {address}", user.email);
            let entry = AuditEntry::by_owner(user, Action::EmailChanged, now, origin).with_details(details);
            let undo = undo.bind(LinkPurpose::UndoEmailChange, user, &user.email, now);
            let content = MailContent::EmailChanged { new_address: address.clone() };
            Record::from(entry).with_notice(policy, NewMessage::to(user, content).with_link(undo))
        };
        self.links.consume(&token.hash(), LinkAction::ChangeEmail, now, Box::new(decide)).await?;
        Ok(())
    }

    /// Restores the address of the link, ends every session and replaces the password, since another person may know it.
    /// The address gets a link that sets a new one.
    ///
    /// A link that is not valid is rejected before a password is hashed.
    pub async fn undo_email_change(&self, token: &LinkToken, origin: Origin) -> Result<(), LinkUseError> {
        let token = token.hash();
        self.links.find(&token, LinkPurpose::UndoEmailChange, self.clock.now()).await?;
        let random = self.hasher.hash(self.ids.temporary_password().into()).await;
        let hash = random.map_err(|error| StoreError::unavailable(error.to_string()))?;
        let (now, policy, reset) = (self.clock.now(), self.mail_policy(), self.unbound_link());
        let decide = move |user: &User, address: &Email| {
            let details = format!("email: {} → {address}; every session ended; the password is replaced", user.email);
            let entry =
                AuditEntry::by_owner(user, Action::EmailChangeUndone, now, origin.clone()).with_details(details);
            let reset = reset.bind(LinkPurpose::ResetPassword, user, address, now);
            let message = NewMessage::to(user, MailContent::ResetPassword { origin }).at_address(address.clone());
            Record::from(entry).with_notice(policy, message.with_link(reset))
        };
        self.links.consume(&token, LinkAction::UndoEmailChange(hash), now, Box::new(decide)).await?;
        Ok(())
    }
}
