use steward_domain::{
    Action, AuditEntry, Email, LinkId, LinkPurpose, Locale, MailContent, NewInvitation, NewLink, NewMessage, Origin,
    Recipient, Record, Role,
};
use steward_testkit::{a_user, an_actor, at};

use super::{SECRET, TestApp};
use crate::DerivedKeys;
use crate::link_token::LinkToken;

/// Returns the token of the link with this id.
pub(crate) fn link_token(id: LinkId) -> LinkToken {
    LinkToken::derive(&DerivedKeys::new(&SECRET.into(), None).link.current, &id)
}

impl TestApp {
    /// Invites `kim@example.com` in Korean, in the name of `root`. Returns the token in the mail.
    pub(crate) async fn invite_kim(&self, role: Role) -> LinkToken {
        let root = an_actor("root", Role::SuperAdmin);
        self.create(a_user("root").super_admin()).await;
        let address = Email::parse("kim@example.com").unwrap();
        let id = LinkId::new([1; 16]);
        let token = link_token(id);
        let purpose = LinkPurpose::AcceptInvitation;
        let expires_at = at(0) + purpose.validity();
        let link = NewLink { id, purpose, user: None, address: address.clone(), token_hash: token.hash(), expires_at };
        let recipient = Recipient { user: None, address: address.clone(), name: None, locale: None };
        let content = MailContent::Invitation { administrator: "root".to_owned(), role };
        let entry = AuditEntry::of_invitation(&root, Action::InvitationSent, &address, role, at(0), Origin::default());
        let record = Record::from(AuditEntry { acting: None, ..entry });
        let record = record.with_message(NewMessage { recipient, content, link: Some(link) });
        let (inviter_id, inviter_name) = ("root".to_owned(), "root".to_owned());
        let locale = Locale::parse("ko").ok();
        let invitation = NewInvitation { address, role, locale, inviter_id, inviter_name, link: id, expires_at };
        self.ports.invitations.create(invitation, record).await.unwrap();
        token
    }
}
