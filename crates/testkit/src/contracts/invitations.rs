//! The contract of [`Invitations`](steward_domain::ports::Invitations).

mod accepting;
mod changing;

use chrono::TimeDelta;
use steward_domain::ports::{IdGenerator, InvitationError, Renewal};
use steward_domain::{
    Action, ActorSession, AuditEntry, Email, Invitation, InvitationState, LinkPurpose, Locale, MailContent,
    NewInvitation, NewLink, NewMessage, PageRequest, Recipient, Record, Role, Timestamp, TokenHash,
};

pub use accepting::*;
pub use changing::*;

use super::Store;
use super::fixture::page_size;
use crate::{TestIds, a_user, an_actor, an_entry, at};

/// The validity of a test invitation.
const VALIDITY: TimeDelta = TimeDelta::hours(1);

fn email(text: &str) -> Email {
    Email::parse(text).expect("a valid address")
}

/// A link to accept an invitation of an address. Its token is its id.
fn a_link(ids: &TestIds, address: &str, created_at: Timestamp) -> NewLink {
    let id = ids.link_id();
    NewLink {
        id,
        purpose: LinkPurpose::AcceptInvitation,
        user: None,
        address: email(address),
        token_hash: TokenHash::of(id.as_bytes()),
        expires_at: created_at + VALIDITY,
    }
}

/// The record of an invitation that is sent at an instant with this link.
fn sending(link: NewLink, at: Timestamp) -> Record {
    let root = an_actor("root", Role::SuperAdmin);
    let entry = AuditEntry::of_invitation(
        &root,
        Action::InvitationSent,
        &link.address,
        Role::User,
        at,
        steward_domain::Origin::default(),
    );
    let recipient = Recipient { user: None, address: link.address.clone(), name: None, locale: None };
    let content = MailContent::Invitation { administrator: "root".to_owned(), role: Role::User };
    let message = NewMessage { recipient, content, link: Some(link) };
    Record::from(AuditEntry { acting: None, ..entry }).with_message(message)
}

/// Invites an address at an instant. Returns the invitation and the token of its link.
async fn invite(
    store: &Store,
    ids: &TestIds,
    address: &str,
    at: Timestamp,
) -> Result<(Invitation, TokenHash), InvitationError> {
    let link = a_link(ids, address, at);
    let token = link.token_hash;
    let invitation = NewInvitation {
        address: email(address),
        role: Role::User,
        locale: None,
        inviter_id: "root".to_owned(),
        inviter_name: "Root".to_owned(),
        link: link.id,
        expires_at: link.expires_at,
    };
    Ok((store.invitations.create(invitation, sending(link, at)).await?, token))
}

/// Sends an invitation again at an instant. Returns the invitation and the token of its new link.
async fn renew(
    store: &Store,
    ids: &TestIds,
    id: i64,
    address: &str,
    at: Timestamp,
) -> Result<(Invitation, TokenHash), InvitationError> {
    let link = a_link(ids, address, at);
    let token = link.token_hash;
    let renewal = Renewal { link: link.id, expires_at: link.expires_at, record: sending(link, at) };
    Ok((store.invitations.renew(id, Box::new(|_| Ok(renewal))).await?, token))
}

/// Revokes an invitation at an instant.
async fn revoke(store: &Store, id: i64, at: Timestamp) -> Result<Invitation, InvitationError> {
    let entry = an_entry(Action::InvitationRevoked, "root", at);
    store.invitations.revoke(id, Box::new(|_| Ok(entry.into()))).await
}

/// The addresses of the invitations in a state at an instant, newest first.
async fn addresses(store: &Store, state: Option<InvitationState>, at: Timestamp) -> Vec<String> {
    let page = store.invitations.list(state, &PageRequest::default(), at).await.unwrap();
    assert_eq!(page.total.count, page.items.len() as u64);
    page.items.iter().map(|invitation| invitation.address.to_string()).collect()
}

/// With microseconds and the longest values; the audit entry names no target.
pub async fn every_field_of_an_invitation_survives_storage(store: Store) {
    let ids = TestIds::default();
    let created_at = at(5) + TimeDelta::microseconds(1);
    let link = a_link(&ids, "kim@example.com", created_at);
    let new = NewInvitation {
        address: email("kim@example.com"),
        role: Role::SuperAdmin,
        locale: Locale::parse("zh-Hant-TW").ok(),
        inviter_id: "r".repeat(100),
        inviter_name: "길".repeat(100),
        link: link.id,
        expires_at: link.expires_at,
    };
    let token = link.token_hash;
    let stored = store.invitations.create(new.clone(), sending(link, created_at)).await.unwrap();
    let expected = Invitation {
        id: stored.id,
        address: new.address,
        role: new.role,
        locale: new.locale,
        inviter_id: new.inviter_id,
        inviter_name: new.inviter_name,
        created_at,
        expires_at: new.expires_at,
        accepted_at: None,
        revoked_at: None,
        accepted_user: None,
    };
    assert_eq!(stored, expected);
    assert_eq!(store.invitations.find(&token, created_at).await.unwrap(), expected);
    let page = store.invitations.list(None, &PageRequest::default(), created_at).await.unwrap();
    assert_eq!(page.items, [expected]);
    let trail = store.trail().await;
    assert_eq!((trail.len(), trail[0].action.as_str(), &trail[0].target), (1, "INVITATION_SENT", &None));
    assert_eq!(trail[0].details.as_deref(), Some("email: kim@example.com; role: user"));
}

/// By number and by position, newest first, and with an exact total.
pub async fn invitations_are_listed_newest_first(store: Store) {
    let ids = TestIds::default();
    for n in 0..5 {
        invite(&store, &ids, &format!("kim{n}@example.com"), at(n)).await.unwrap();
    }
    let request = |number, after| PageRequest { number, size: page_size(2), after };
    let names = |items: &[Invitation]| items.iter().map(|item| item.address.to_string()).collect::<Vec<_>>();
    let first = store.invitations.list(None, &request(1, None), at(9)).await.unwrap();
    assert_eq!(names(&first.items), ["kim4@example.com", "kim3@example.com"]);
    assert_eq!((first.total.count, first.total.exact), (5, true));
    for second in [request(2, None), request(2, first.next)] {
        let page = store.invitations.list(None, &second, at(9)).await.unwrap();
        assert_eq!(names(&page.items), ["kim2@example.com", "kim1@example.com"]);
        let last = store.invitations.list(None, &request(3, page.next), at(9)).await.unwrap();
        assert_eq!((names(&last.items), last.next), (vec!["kim0@example.com".to_owned()], None));
    }
    let beyond = store.invitations.list(None, &request(4, None), at(9)).await.unwrap();
    assert_eq!((beyond.items.len(), beyond.total.count), (0, 5));
}

/// At the instant of the request.
pub async fn invitations_are_listed_by_state(store: Store) {
    use InvitationState::{Accepted, Expired, Pending, Revoked};
    let ids = TestIds::default();
    let (_, token) = invite(&store, &ids, "accepted@example.com", at(0)).await.unwrap();
    accepting::accept(&store, token, "accepted", at(1)).await.unwrap();
    let (revoked, _) = invite(&store, &ids, "revoked@example.com", at(0)).await.unwrap();
    revoke(&store, revoked.id, at(1)).await.unwrap();
    invite(&store, &ids, "open@example.com", at(0)).await.unwrap();
    let end = at(0) + VALIDITY;
    for (state, at, expected) in [
        (Some(Accepted), end, vec!["accepted@example.com"]),
        (Some(Revoked), end, vec!["revoked@example.com"]),
        (Some(Pending), end - TimeDelta::microseconds(1), vec!["open@example.com"]),
        (Some(Expired), end - TimeDelta::microseconds(1), vec![]),
        (Some(Pending), end, vec![]),
        (Some(Expired), end, vec!["open@example.com"]),
        (None, end, vec!["open@example.com", "revoked@example.com", "accepted@example.com"]),
    ] {
        assert_eq!(addresses(&store, state, at).await, expected, "{state:?}");
    }
}

/// An invitation or another link, whose session has ended or whose user has another role, is not sent.
pub async fn an_invitation_needs_a_valid_session(store: Store) {
    let ids = TestIds::default();
    let boss = a_user("boss").admin().create(&*store.accounts).await;
    let (valid, ended) = (store.open(&boss, at(0)).await, store.open(&boss, at(0)).await);
    store.sessions.end(ended, at(1)).await.unwrap();
    let (open, token) = invite(&store, &ids, "open@example.com", at(1)).await.unwrap();
    for (n, (session, role, is_allowed)) in
        [(ended, Role::Admin, false), (valid, Role::SuperAdmin, false), (valid, Role::Admin, true)]
            .into_iter()
            .enumerate()
    {
        let acting = Some(ActorSession { session, role });
        let by = |record: Record| Record { audit: AuditEntry { acting, ..record.audit }, ..record };
        let before = store.trail().await.len();

        let link = a_link(&ids, &format!("kim{n}@example.com"), at(2));
        let new = NewInvitation {
            address: link.address.clone(),
            role: Role::User,
            locale: None,
            inviter_id: "boss".to_owned(),
            inviter_name: "boss".to_owned(),
            link: link.id,
            expires_at: link.expires_at,
        };
        let created = store.invitations.create(new, by(sending(link, at(2)))).await;
        let link = a_link(&ids, "open@example.com", at(2));
        let renewal = Renewal { link: link.id, expires_at: link.expires_at, record: by(sending(link, at(2))) };
        let renewed = store.invitations.renew(open.id, Box::new(|_| Ok(renewal))).await;
        let entry = AuditEntry { acting, ..an_entry(Action::InvitationRevoked, "root", at(3)) };
        assert_eq!(store.invitations.find(&token, at(2)).await.is_ok(), !is_allowed);
        let revoked = store.invitations.revoke(open.id, Box::new(|_| Ok(entry.into()))).await;
        for result in [created, renewed, revoked] {
            match result {
                Ok(_) => assert!(is_allowed),
                Err(InvitationError::ActorGone) => assert!(!is_allowed),
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(store.trail().await.len(), before + if is_allowed { 3 } else { 0 });
    }
}
