//! Sends invitations, for an administrator.

use steward_contracts::services::{AuthenticateError, Authenticator, InviteError};
use steward_domain::invitation::authorize_invitation;
use steward_domain::policy;
use steward_domain::ports::{InvitationDecision, InvitationError, Renewal};
use steward_domain::{
    Action, Actor, AuditEntry, AuthenticatedSession, Email, Invitation, LinkPurpose, Locale, MailContent, MailPolicy,
    NewInvitation, NewLink, NewMessage, Origin, Recipient, Record, Role, Timestamp, UnboundLink,
};

use crate::AuthService;

impl AuthService {
    /// Sends an invitation to create an account with this address and role, in the language `locale`, or else in that of
    /// the administrator.
    pub(crate) async fn send_invitation(
        &self,
        caller: &str,
        address: &Email,
        role: Role,
        locale: Option<Locale>,
        origin: &Origin,
    ) -> Result<Invitation, InviteError> {
        let session = self.inviter(caller).await?;
        let actor = session.actor();
        authorize_invitation(actor.role, role)?;
        self.require_mail()?;
        let (now, locale) = (self.clock.now(), locale.or(session.user.locale));
        let link = self.unbound_link().for_new_user(LinkPurpose::AcceptInvitation, address, now);
        let invitation = NewInvitation {
            address: address.clone(),
            role,
            locale: locale.clone(),
            inviter_id: actor.user_id.to_string(),
            inviter_name: actor.name.to_string(),
            link: link.id,
            expires_at: link.expires_at,
        };
        let entry = AuditEntry::of_invitation(&actor, Action::InvitationSent, address, role, now, origin.clone());
        let record = Record::from(entry).with_message(mail(&actor, locale, role, link));
        self.invitations.create(invitation, record).await.map_err(from_invitation_error)
    }

    /// Sends an invitation again, in its language. The new link supersedes the old one.
    pub(crate) async fn renew_invitation(
        &self,
        caller: &str,
        id: i64,
        origin: &Origin,
    ) -> Result<Invitation, InviteError> {
        let session = self.inviter(caller).await?;
        self.require_mail()?;
        let decide = renewal(session.actor(), self.unbound_link(), self.clock.now(), origin.clone());
        self.invitations.renew(id, decide).await.map_err(from_invitation_error)
    }

    /// Authenticates an administrator whose session has no outstanding requirement.
    async fn inviter(&self, caller: &str) -> Result<AuthenticatedSession, InviteError> {
        let session = self.authenticate(caller).await.map_err(|error| match error {
            AuthenticateError::Invalid => InviteError::Unauthenticated,
            AuthenticateError::Unavailable(cause) => InviteError::Unavailable(cause),
        })?;
        policy::authorize_session(&session.requirements, &[])?;
        policy::authorize_reading(session.user.role)?;
        Ok(session)
    }

    fn require_mail(&self) -> Result<(), InviteError> {
        // The administrator asks for this mail, so the setting for notices does not apply.
        if self.mail_policy() == MailPolicy::Off { Err(InviteError::MailOff) } else { Ok(()) }
    }
}

fn renewal(actor: Actor, link: UnboundLink, now: Timestamp, origin: Origin) -> InvitationDecision<Renewal> {
    Box::new(move |invitation| {
        let Invitation { address, role, locale, .. } = invitation;
        authorize_invitation(actor.role, *role)?;
        let link = link.for_new_user(LinkPurpose::AcceptInvitation, address, now);
        let entry = AuditEntry::of_invitation(&actor, Action::InvitationSent, address, *role, now, origin);
        let details = format!("{}; sent again", entry.details.as_deref().unwrap_or_default());
        let (id, expires_at) = (link.id, link.expires_at);
        let record = Record::from(entry.with_details(details)).with_message(mail(&actor, locale.clone(), *role, link));
        Ok(Renewal { link: id, expires_at, record })
    })
}

/// The mail of an invitation.
fn mail(actor: &Actor, locale: Option<Locale>, role: Role, link: NewLink) -> NewMessage {
    NewMessage {
        recipient: Recipient { user: None, address: link.address.clone(), name: None, locale },
        content: MailContent::Invitation { administrator: actor.name.to_string(), role },
        link: Some(link),
    }
}

fn from_invitation_error(error: InvitationError) -> InviteError {
    match error {
        InvitationError::NotFound => InviteError::NotFound,
        InvitationError::ActorGone => InviteError::Unauthenticated,
        InvitationError::Denied(denied) => denied.into(),
        InvitationError::Registered => InviteError::Registered,
        InvitationError::Pending => InviteError::Pending,
        InvitationError::Closed(state) => InviteError::Closed(state),
        InvitationError::Store(error) => InviteError::Unavailable(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use steward_contracts::services::Credentials;
    use steward_domain::policy::Denied;
    use steward_domain::{InvitationState, PageRequest};
    use steward_testkit::{a_user, at};

    use super::*;
    use crate::link_token::LinkToken;
    use crate::testing::{PASSWORD, TestApp};

    async fn set_up() -> (TestApp, String, String) {
        let app = TestApp::new().await;
        for user in [a_user("root").super_admin(), a_user("boss").admin(), a_user("alice")] {
            app.create(user).await;
        }
        let root = app.log_in("root", PASSWORD).await.unwrap().token;
        let boss = app.log_in("boss", PASSWORD).await.unwrap().token;
        (app, root, boss)
    }

    fn kim() -> Email {
        Email::parse("kim@example.com").unwrap()
    }

    async fn count(app: &TestApp) -> usize {
        app.ports.invitations.list(None, &PageRequest::default(), at(0)).await.unwrap().items.len()
    }

    #[tokio::test]
    async fn an_invitation_is_valid_for_seven_days_and_is_recorded() {
        let (app, _, boss) = set_up().await;
        let origin = Origin::new(Some([192, 0, 2, 9].into()), Some("curl/8"));
        let invitation = app.service.invite(&boss, &kim(), Role::User, None, &origin).await.unwrap();
        assert_eq!((invitation.address, invitation.role), (kim(), Role::User));
        assert_eq!((invitation.inviter_id.as_str(), invitation.created_at), ("boss", at(0)));
        assert_eq!(invitation.expires_at, at(7 * 24 * 3600));
        let entry = &app.audit_trail().await[0];
        assert_eq!((entry.action.as_str(), entry.actor_id.as_str()), ("INVITATION_SENT", "boss"));
        assert_eq!((entry.details.as_deref(), &entry.target), (Some("email: kim@example.com; role: user"), &None));
        assert_eq!(entry.origin, origin);
        let mail = app.only_mail();
        assert_eq!((mail.kind.as_str(), mail.address.as_str()), ("invitation", "kim@example.com"));
        assert!(mail.content.contains("boss"));

        app.clock.set(at(60));
        let renewed = app.service.resend_invitation(&boss, invitation.id, &origin).await.unwrap();
        assert_eq!((renewed.id, renewed.created_at), (invitation.id, at(0)));
        assert_eq!(renewed.expires_at, at(7 * 24 * 3600 + 60));
        let entry = &app.audit_trail().await[0];
        assert_eq!(entry.details.as_deref(), Some("email: kim@example.com; role: user; sent again"));
    }

    #[tokio::test]
    async fn the_mail_is_in_the_chosen_language_or_else_in_that_of_the_administrator() {
        let (app, root, _) = set_up().await;
        app.create(a_user("minseo").admin().locale("ko")).await;
        let minseo = app.log_in("minseo", PASSWORD).await.unwrap().token;
        let (korean, french) = (Locale::parse("ko-KR").ok(), Locale::parse("fr").ok());
        for (n, (inviter, chosen, expected)) in [
            (&root, korean, Some("ko-KR")),
            (&minseo, None, Some("ko")),
            (&minseo, french, Some("fr")),
            (&root, None, None),
        ]
        .into_iter()
        .enumerate()
        {
            let address = Email::parse(&format!("kim{n}@example.com")).unwrap();
            let invited = app.service.invite(inviter, &address, Role::User, chosen, &Origin::default()).await.unwrap();
            let again = app.service.resend_invitation(&root, invited.id, &Origin::default()).await.unwrap();
            assert_eq!(again.locale, invited.locale);
            let mails = app.mails();
            let locales: Vec<_> = mails[2 * n..].iter().map(|mail| mail.locale.as_deref()).collect();
            assert_eq!(locales, [expected, expected]);
        }
    }

    #[tokio::test]
    async fn an_admin_neither_invites_an_administrator_nor_resends_the_invitation() {
        let (app, root, boss) = set_up().await;
        let alice = app.log_in("alice", PASSWORD).await.unwrap().token;
        let origin = Origin::default();
        for role in [Role::Admin, Role::SuperAdmin] {
            let result = app.service.invite(&boss, &kim(), role, None, &origin).await;
            assert!(matches!(result, Err(InviteError::Denied(Denied::TargetIsAdministrator))), "{result:?}");
        }
        let result = app.service.invite(&alice, &kim(), Role::User, None, &origin).await;
        assert!(matches!(result, Err(InviteError::Denied(Denied::NotAnAdministrator))), "{result:?}");
        let result = app.service.invite("a.b.c", &kim(), Role::User, None, &origin).await;
        assert!(matches!(result, Err(InviteError::Unauthenticated)), "{result:?}");
        assert_eq!(count(&app).await, 0);

        let invitation = app.service.invite(&root, &kim(), Role::SuperAdmin, None, &origin).await.unwrap();
        let result = app.service.resend_invitation(&boss, invitation.id, &origin).await;
        assert!(matches!(result, Err(InviteError::Denied(Denied::TargetIsAdministrator))), "{result:?}");
        assert!(app.service.resend_invitation(&root, invitation.id, &origin).await.is_ok());
    }

    #[tokio::test]
    async fn the_token_in_the_mail_accepts_the_invitation() {
        let (app, _, boss) = set_up().await;
        let invitation = app.service.invite(&boss, &kim(), Role::User, None, &Origin::default()).await.unwrap();
        let token = LinkToken::parse(&app.token_in("invitation")).unwrap().hash();
        assert_eq!(app.ports.invitations.find(&token, at(1)).await.unwrap(), invitation);
    }

    #[tokio::test]
    async fn without_mails_no_invitation_is_stored() {
        let app = TestApp::without_mail().await;
        app.create(a_user("boss").admin()).await;
        let boss = app.log_in("boss", PASSWORD).await.unwrap().token;
        let sent = app.service.invite(&boss, &kim(), Role::User, None, &Origin::default()).await;
        let resent = app.service.resend_invitation(&boss, 1, &Origin::default()).await;
        for result in [sent, resent] {
            assert!(matches!(result, Err(InviteError::MailOff)), "{result:?}");
        }
        assert_eq!(count(&app).await, 0);
    }

    #[tokio::test]
    async fn a_rejection_has_its_reason() {
        let (app, root, _) = set_up().await;
        let origin = Origin::default();
        let registered = Email::parse("alice@example.com").unwrap();
        let result = app.service.invite(&root, &registered, Role::User, None, &origin).await;
        assert!(matches!(result, Err(InviteError::Registered)), "{result:?}");
        let invitation = app.service.invite(&root, &kim(), Role::User, None, &origin).await.unwrap();
        let result = app.service.invite(&root, &kim(), Role::User, None, &origin).await;
        assert!(matches!(result, Err(InviteError::Pending)), "{result:?}");
        let result = app.service.resend_invitation(&root, invitation.id + 1, &origin).await;
        assert!(matches!(result, Err(InviteError::NotFound)), "{result:?}");
        let actor = app.service.authenticate(&root).await.unwrap().actor();
        let entry =
            AuditEntry::of_invitation(&actor, Action::InvitationRevoked, &kim(), Role::User, at(1), Origin::default());
        app.ports.invitations.revoke(invitation.id, Box::new(|_| Ok(entry.into()))).await.unwrap();
        let result = app.service.resend_invitation(&root, invitation.id, &origin).await;
        assert!(matches!(result, Err(InviteError::Closed(InvitationState::Revoked))), "{result:?}");
    }
}
