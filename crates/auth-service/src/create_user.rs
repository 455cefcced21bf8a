//! Creates an account, for an administrator.

use steward_contracts::services::{
    AuthenticateError, Authenticator, CreateUserError, CreatedUser, FirstPassword, RequestedUser,
};
use steward_domain::ports::{CreateError, StoreError, UniqueKey};
use steward_domain::{
    Action, Actor, AuditEntry, LinkPurpose, Locale, MailContent, MailPolicy, NewLink, NewMessage, NewUser, Origin,
    Password, PasswordHash, Recipient, Record, policy,
};

use crate::AuthService;
use crate::hashing::HashingError;
use crate::password_strength::{PersonalData, UnusablePassword};

impl AuthService {
    /// Creates an account for the administrator with this token.
    pub(crate) async fn create_requested_user(
        &self,
        caller: &str,
        request: RequestedUser,
        origin: &Origin,
    ) -> Result<CreatedUser, CreateUserError> {
        let session = self.authenticate(caller).await.map_err(|error| match error {
            AuthenticateError::Invalid => CreateUserError::Unauthenticated,
            AuthenticateError::Unavailable(cause) => CreateUserError::Unavailable(cause),
        })?;
        policy::authorize_session(&session.requirements, &[])?;
        policy::authorize_creation(session.user.role, request.role)?;
        // The administrator asks for this mail, so the setting for notices does not apply.
        if matches!(request.first_password, FirstPassword::ByMail) && self.mail_policy() == MailPolicy::Off {
            return Err(CreateUserError::MailOff);
        }
        // This check only saves hashing; the unique index decides among concurrent requests.
        if self.accounts.credentials(&request.user_id).await.map_err(unavailable)?.is_some() {
            return Err(CreateUserError::Taken(UniqueKey::UserId));
        }
        if self.is_reserved(&request.user_id, request.role) {
            return Err(CreateUserError::ReservedId);
        }
        let (password_hash, temporary_password) = self.hash_first_password(&request).await?;
        let (actor, locale) = (session.actor(), session.user.locale);
        let entry = AuditEntry::by(&actor, Action::UserCreated, &request.user_id, self.clock.now(), origin.clone())
            .with_details(details(&request));
        let record = self.creation_record(entry, &request, &actor, locale);
        let user = new_user(request, password_hash, &record.audit);
        let user = self.accounts.create(user, record).await.map_err(|error| match error {
            CreateError::Conflict(key) => CreateUserError::Taken(key),
            CreateError::ActorGone => CreateUserError::Unauthenticated,
            CreateError::Store(error) => unavailable(error),
        })?;
        Ok(CreatedUser { user, temporary_password })
    }

    /// Returns the hash of the first password, and the password if the administrator must hand it over.
    async fn hash_first_password(
        &self,
        request: &RequestedUser,
    ) -> Result<(PasswordHash, Option<Password>), CreateUserError> {
        if let FirstPassword::Chosen(password) = &request.first_password {
            let facts = PersonalData {
                user_id: request.user_id.to_string(),
                email: request.email.to_string(),
                name: request.name.to_string(),
            };
            return Ok((self.hash_chosen(password.clone(), facts).await?, None));
        }
        // A password that is mailed as a link is also hashed, so that a sign-in takes as long as for other accounts.
        let generated = self.ids.temporary_password();
        let hash = self.hasher.hash(generated.clone().into()).await.map_err(from_hashing_error)?;
        Ok((hash, matches!(request.first_password, FirstPassword::Generated).then_some(generated)))
    }

    /// Returns the record with the mails of a new account, in the language of the administrator: that of the user is
    /// unknown. An inactive account gets none.
    fn creation_record(
        &self,
        entry: AuditEntry,
        request: &RequestedUser,
        actor: &Actor,
        locale: Option<Locale>,
    ) -> Record {
        let (now, record) = (entry.timestamp, Record::from(entry));
        if !request.is_active {
            return record;
        }
        let recipient =
            Recipient { user: None, address: request.email.clone(), name: Some(request.name.clone()), locale };
        let message = |content| NewMessage { recipient: recipient.clone(), content, link: None };
        let link = |purpose| self.unbound_link().for_new_user(purpose, &request.email, now);
        if matches!(request.first_password, FirstPassword::ByMail) {
            let expires_at = now + LinkPurpose::FIRST_PASSWORD_VALIDITY;
            let link = NewLink { expires_at, ..link(LinkPurpose::ResetPassword) };
            let content = MailContent::AccountCreated { administrator: actor.name.to_string() };
            return record.with_message(message(content).with_link(link));
        }
        let policy = self.mail_policy();
        record
            .with_notice(policy, message(MailContent::Welcome))
            .with_notice(policy, message(MailContent::VerifyEmail).with_link(link(LinkPurpose::VerifyEmail)))
    }
}

fn details(request: &RequestedUser) -> String {
    let RequestedUser { email, name, role, is_active, first_password, .. } = request;
    let how = match first_password {
        FirstPassword::Generated => "with a temporary password",
        FirstPassword::Chosen(_) => "with a set password",
        FirstPassword::ByMail => "with a link by mail",
    };
    let state = if *is_active { "" } else { "; inactive" };
    format!("email: {email}; name: {name}; role: {role}{state}; {how}")
}

fn new_user(request: RequestedUser, password_hash: PasswordHash, entry: &AuditEntry) -> NewUser {
    let RequestedUser { user_id, email, name, role, is_active, first_password: _ } = request;
    NewUser {
        user_id,
        email,
        name,
        password_hash,
        role,
        is_active,
        must_change_password: true,
        locale: None,
        created_at: entry.timestamp,
    }
}

impl From<UnusablePassword> for CreateUserError {
    fn from(error: UnusablePassword) -> Self {
        match error {
            UnusablePassword::Weak(weak) => Self::WeakPassword(weak.into()),
            UnusablePassword::Hashing(error) => from_hashing_error(error),
        }
    }
}

fn from_hashing_error(error: HashingError) -> CreateUserError {
    match error {
        HashingError::Overloaded(_) => CreateUserError::Overloaded,
        HashingError::Failed(cause) => CreateUserError::Unavailable(cause),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unavailable(error: StoreError) -> CreateUserError {
    CreateUserError::Unavailable(error.to_string())
}

#[cfg(test)]
mod tests;
