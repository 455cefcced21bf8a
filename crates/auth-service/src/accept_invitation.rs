//! Creates the account of an invited user, with the link of the mail.

use steward_domain::invitation::authorize_invitation;
use steward_domain::ports::{LinkUseError, StoreError, UniqueKey};
use steward_domain::{
    ActorKind, AuditEntry, DisplayName, Invitation, Locale, NewUser, Origin, Password, Record, Role, User, UserId,
};

use crate::AuthService;
use crate::link_token::LinkToken;
use crate::password_strength::{PersonalData, UnusablePassword};
use crate::register::{RegisterError, created_entry};

/// The data of the account. Address and role are those of the invitation.
#[derive(Debug, Clone)]
pub struct InvitedAccount {
    /// The user id, for signing in.
    pub user_id: UserId,
    /// The display name.
    pub name: DisplayName,
    /// The password.
    pub password: Password,
}

/// Errors of [`AuthService::accept_invitation`].
#[derive(Debug, thiserror::Error)]
pub enum AcceptInvitationError {
    /// The link is not valid, or its address was registered in the meantime, or storage failed.
    #[error(transparent)]
    Link(#[from] LinkUseError),
    /// The account cannot be created with these values.
    #[error(transparent)]
    Account(#[from] RegisterError),
}

impl From<StoreError> for AcceptInvitationError {
    fn from(error: StoreError) -> Self {
        Self::Link(error.into())
    }
}

impl From<UnusablePassword> for AcceptInvitationError {
    fn from(error: UnusablePassword) -> Self {
        Self::Account(error.into())
    }
}

impl AuthService {
    /// Creates the account that the link's invitation permits. The address counts as confirmed, because the link was
    /// mailed to it. The language of the account is that of the request, or else that of the invitation.
    ///
    /// A link that is not valid is rejected before the account is checked and the password is hashed, whatever the
    /// reason.
    pub async fn accept_invitation(
        &self,
        token: &LinkToken,
        account: InvitedAccount,
        locale: Option<Locale>,
        origin: Origin,
    ) -> Result<User, AcceptInvitationError> {
        let token = token.hash();
        let invitation = self.invitations.find(&token, self.clock.now()).await?;
        // These checks only save hashing; the transaction decides.
        if self.accounts.credentials(&account.user_id).await?.is_some() {
            return Err(RegisterError::Taken(UniqueKey::UserId).into());
        }
        if self.is_reserved(&account.user_id, invitation.role) {
            return Err(RegisterError::ReservedId.into());
        }
        let facts = PersonalData {
            user_id: account.user_id.to_string(),
            email: invitation.address.to_string(),
            name: account.name.to_string(),
        };
        let password_hash = self.hash_chosen(account.password, facts).await?;
        let now = self.clock.now();
        let decide = move |invitation: &Invitation, inviter: Option<Role>| {
            // The inviter may have lost the role since. Another administrator can send the invitation again.
            authorize_invitation(inviter?, invitation.role).ok()?;
            let user = NewUser {
                user_id: account.user_id,
                email: invitation.address.clone(),
                name: account.name,
                password_hash,
                role: invitation.role,
                is_active: true,
                must_change_password: false,
                locale: locale.or_else(|| invitation.locale.clone()),
                created_at: now,
            };
            let record = accepted(&user, invitation, origin);
            Some((user, record))
        };
        Ok(self.invitations.accept(&token, now, Box::new(decide)).await?)
    }
}

/// The record of an accepted invitation: the new user is the actor.
fn accepted(user: &NewUser, invitation: &Invitation, origin: Origin) -> Record {
    let entry = created_entry(user, ActorKind::User);
    // Without the inviter's id, with which an administrator signs in: the user sees this entry.
    let details = format!("{}; invitation {}", entry.details.as_deref().unwrap_or_default(), invitation.id);
    let (actor_id, actor_name) = (user.user_id.to_string(), user.name.to_string());
    AuditEntry { actor_id, actor_name, origin, ..entry }.with_details(details).into()
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use steward_domain::{LinkError, LinkId};
    use steward_testkit::{a_user, at};

    use super::*;
    use crate::testing::{TestApp, link_token};

    fn account(id: &str) -> InvitedAccount {
        InvitedAccount {
            user_id: UserId::parse(id).unwrap(),
            name: DisplayName::parse("홍길동").unwrap(),
            password: Password::parse("correct horse").unwrap(),
        }
    }

    /// An app that has sent an invitation to `kim@example.com`, and the token of its link.
    async fn invited(role: Role) -> (TestApp, LinkToken) {
        let app = TestApp::new().await;
        let token = app.invite_kim(role).await;
        (app, token)
    }

    #[tokio::test]
    async fn an_accepted_invitation_creates_the_account_with_its_role_and_a_confirmed_address() {
        let (app, token) = invited(Role::Admin).await;
        app.clock.set(at(60));
        let origin = Origin::new(Some([192, 0, 2, 1].into()), Some("curl/8"));
        let user = app.service.accept_invitation(&token, account("Kim"), None, origin.clone()).await.unwrap();
        assert_eq!((user.email.as_str(), user.role), ("kim@example.com", Role::Admin));
        assert_eq!((user.created_at, user.email_verified_at), (at(60), Some(at(60))));
        assert!(app.log_in("kim", "correct horse").await.is_ok());
        let entry = &app.audit_trail().await[0];
        assert_eq!((entry.action.as_str(), entry.actor_id.as_str()), ("USER_CREATED", "Kim"));
        assert_eq!((entry.target.as_deref(), &entry.origin), (Some("Kim"), &origin));
        let details = entry.details.as_deref().unwrap();
        assert_eq!(details, "email: kim@example.com; name: 홍길동; role: admin; invitation 1");
        let again = app.service.accept_invitation(&token, account("kim2"), None, Origin::default()).await;
        assert!(matches!(again, Err(AcceptInvitationError::Link(LinkUseError::Link(LinkError::Used)))), "{again:?}");
    }

    #[tokio::test]
    async fn the_account_has_the_language_of_the_request_or_else_of_the_invitation() {
        for (requested, expected) in [(Locale::parse("en-GB").ok(), "en-GB"), (None, "ko")] {
            let (app, token) = invited(Role::User).await;
            app.service.accept_invitation(&token, account("kim"), requested, Origin::default()).await.unwrap();
            assert_eq!(app.user("kim").await.locale.map(|locale| locale.to_string()).as_deref(), Some(expected));
        }
    }

    #[tokio::test]
    async fn an_invalid_link_costs_no_hash() {
        let (app, token) = invited(Role::User).await;
        let hashes = app.hashes();
        let unknown = link_token(LinkId::new([9; 16]));
        app.clock.set(at(7 * 24 * 3600));
        for (token, expected) in [(&unknown, LinkError::Unknown), (&token, LinkError::Expired)] {
            let result = app.service.accept_invitation(token, account("kim"), None, Origin::default()).await;
            let Err(AcceptInvitationError::Link(LinkUseError::Link(error))) = result else { panic!("{result:?}") };
            assert_eq!(error, expected);
        }
        assert_eq!(app.hashes(), hashes);
    }

    #[tokio::test]
    async fn a_rejected_account_does_not_use_the_link() {
        let (app, token) = invited(Role::User).await;
        app.create(a_user("taken")).await;
        let result = app.service.accept_invitation(&token, account("system"), None, Origin::default()).await;
        assert!(matches!(result, Err(AcceptInvitationError::Account(RegisterError::ReservedId))), "{result:?}");
        let result = app.service.accept_invitation(&token, account("TAKEN"), None, Origin::default()).await;
        assert!(matches!(result, Err(AcceptInvitationError::Account(RegisterError::Taken(UniqueKey::UserId)))));
        for weak in ["password123", "kim@example.com!"] {
            let account = InvitedAccount { password: Password::parse(weak).unwrap(), ..account("kim") };
            let result = app.service.accept_invitation(&token, account, None, Origin::default()).await;
            assert!(matches!(result, Err(AcceptInvitationError::Account(RegisterError::WeakPassword(_)))), "{weak}");
        }
        assert!(app.service.accept_invitation(&token, account("kim"), None, Origin::default()).await.is_ok());
    }

    #[tokio::test]
    async fn an_address_that_was_registered_meanwhile_is_a_conflict() {
        let (app, token) = invited(Role::User).await;
        app.create(a_user("other").email("kim@example.com")).await;
        let result = app.service.accept_invitation(&token, account("kim"), None, Origin::default()).await;
        let Err(AcceptInvitationError::Link(LinkUseError::Conflict(key))) = result else { panic!("{result:?}") };
        assert_eq!(key, UniqueKey::Email);
    }

    #[tokio::test]
    async fn one_of_many_concurrent_acceptances_succeeds() {
        let (app, token) = invited(Role::User).await;
        let (service, token) = (&app.service, &token);
        let ids: Vec<String> = (0..8).map(|n| format!("kim{n}")).collect();
        let all = join_all(ids.iter().map(|id| service.accept_invitation(token, account(id), None, Origin::default())));
        let (created, rejected): (Vec<_>, Vec<_>) = all.await.into_iter().partition(Result::is_ok);
        assert_eq!((created.len(), rejected.len()), (1, 7));
        let is_used = |result: &Result<User, AcceptInvitationError>| {
            matches!(result, Err(AcceptInvitationError::Link(LinkUseError::Link(LinkError::Used))))
        };
        assert!(rejected.iter().all(is_used), "{rejected:?}");
    }
}
