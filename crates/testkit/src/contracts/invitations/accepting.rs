use std::sync::Arc;

use steward_domain::ports::{AcceptDecision, LinkUseError, UniqueKey};
use steward_domain::{
    Action, Email, Invitation, InvitationState, LinkError, PageRequest, Role, Timestamp, TokenHash, User, UserChange,
};
use tokio::task::JoinSet;

use super::{VALIDITY, addresses, invite};
use crate::contracts::Store;
use crate::contracts::fixture::decided;
use crate::{TestIds, a_user, an_entry, at, user_id};

/// Creates a user with this id and the address and role of the invitation.
fn creating(id: &str, at: Timestamp) -> AcceptDecision {
    let id = id.to_owned();
    Box::new(move |invitation: &Invitation, _| {
        let user = a_user(&id).email(invitation.address.as_str()).role(invitation.role).created_at(at);
        Some(user.registration())
    })
}

/// Accepts an invitation at an instant.
pub(super) async fn accept(store: &Store, token: TokenHash, id: &str, at: Timestamp) -> Result<User, LinkUseError> {
    store.invitations.accept(&token, at, creating(id, at)).await
}

/// Checks that a link cannot be used, for this reason, and that this is found beforehand.
pub(super) async fn assert_invalid(store: &Store, token: TokenHash, at: Timestamp, reason: LinkError) {
    let before = store.trail().await.len();
    match store.invitations.find(&token, at).await {
        Err(LinkUseError::Link(error)) => assert_eq!(error, reason),
        other => panic!("{other:?}"),
    }
    match accept(store, token, "late", at).await {
        Err(LinkUseError::Link(error)) => assert_eq!(error, reason),
        other => panic!("{other:?}"),
    }
    assert_eq!(store.trail().await.len(), before);
}

/// With the role and the confirmed address of the invitation, which names the user from then on.
pub async fn an_accepted_invitation_creates_the_user(store: Store) {
    let ids = TestIds::default();
    let (invitation, token) = invite(&store, &ids, "kim@example.com", at(0)).await.unwrap();
    let user = accept(&store, token, "Kim", at(5)).await.unwrap();
    assert_eq!((user.user_id.as_str(), user.email.as_str(), user.role), ("Kim", "kim@example.com", Role::User));
    assert_eq!((user.created_at, user.email_verified_at, user.is_active), (at(5), Some(at(5)), true));
    assert_eq!(user, store.user("kim").await);
    let page = store.invitations.list(None, &PageRequest::default(), at(5)).await.unwrap();
    let expected = Invitation { accepted_at: Some(at(5)), accepted_user: Some(user_id("Kim")), ..invitation };
    assert_eq!(page.items, [expected]);
    let trail = store.trail().await;
    assert_eq!((trail.len(), trail[1].action.as_str()), (2, "USER_CREATED"));
}

/// The role is that of the inviter at the acceptance. A denied acceptance leaves the link valid, because another
/// administrator may give the inviter the role back.
pub async fn an_invitation_needs_the_rights_of_its_inviter(store: Store) {
    let ids = TestIds::default();
    let (_, token) = invite(&store, &ids, "kim@example.com", at(0)).await.unwrap();
    let seen = async |expected: Option<Role>| {
        let decide: AcceptDecision = Box::new(move |_: &Invitation, inviter| {
            assert_eq!(inviter, expected);
            None
        });
        let denied = store.invitations.accept(&token, at(1), decide).await;
        assert!(matches!(denied, Err(LinkUseError::Link(LinkError::Superseded))), "{denied:?}");
    };
    seen(None).await;
    let root = a_user("Root").super_admin().create(&*store.accounts).await;
    seen(Some(Role::SuperAdmin)).await;
    for (change, expected) in [
        (UserChange { role: Some(Role::Admin), ..UserChange::default() }, Some(Role::Admin)),
        (UserChange { is_active: Some(false), ..UserChange::default() }, None),
    ] {
        let entry = an_entry(Action::UserUpdated, "root", at(1));
        store.users.update(&root.user_id, decided((change, entry))).await.unwrap();
        seen(expected).await;
    }
    assert!(accept(&store, token, "kim", at(2)).await.is_ok());
}

/// Before it is accepted, and afterwards.
pub async fn a_link_of_an_invitation_is_used_once(store: Store) {
    let ids = TestIds::default();
    let (_, token) = invite(&store, &ids, "kim@example.com", at(0)).await.unwrap();
    assert_invalid(&store, TokenHash::of(b"unknown"), at(1), LinkError::Unknown).await;
    assert_invalid(&store, token, at(0) + VALIDITY, LinkError::Expired).await;
    accept(&store, token, "kim", at(1)).await.unwrap();
    assert_invalid(&store, token, at(2), LinkError::Used).await;
}

/// The others learn that the link was used.
pub async fn concurrent_acceptances_create_one_user(store: Store) {
    let ids = TestIds::default();
    let (_, token) = invite(&store, &ids, "kim@example.com", at(0)).await.unwrap();
    let mut accepting = JoinSet::new();
    for n in 0..10 {
        let invitations = Arc::clone(&store.invitations);
        accepting.spawn(async move { invitations.accept(&token, at(1), creating(&format!("kim{n}"), at(1))).await });
    }
    let outcomes = accepting.join_all().await;
    let used = outcomes.iter().filter(|outcome| matches!(outcome, Err(LinkUseError::Link(LinkError::Used)))).count();
    assert_eq!((used, outcomes.iter().filter(|outcome| outcome.is_ok()).count()), (9, 1), "{outcomes:?}");
    assert_eq!(store.trail().await.len(), 2);
}

/// The user id in any case, or an address that was registered meanwhile. The link stays valid.
pub async fn a_taken_value_does_not_use_the_link(store: Store) {
    let ids = TestIds::default();
    let (_, token) = invite(&store, &ids, "kim@example.com", at(0)).await.unwrap();
    a_user("taken").create(&*store.accounts).await;
    let result = accept(&store, token, "TAKEN", at(1)).await;
    assert!(matches!(result, Err(LinkUseError::Conflict(UniqueKey::UserId))), "{result:?}");
    let other = a_user("other").email("kim@example.com").create(&*store.accounts).await;
    let result = accept(&store, token, "kim", at(1)).await;
    assert!(matches!(result, Err(LinkUseError::Conflict(UniqueKey::Email))), "{result:?}");
    assert_eq!(store.trail().await.len(), 3);
    let moved = UserChange { email: Some(Email::parse("moved@example.com").unwrap()), ..UserChange::default() };
    let entry = an_entry(Action::UserUpdated, "other", at(2));
    store.users.update(&other.user_id, decided((moved, entry))).await.unwrap();
    assert!(accept(&store, token, "kim", at(3)).await.is_ok());
}

/// With the address, which is personal data.
pub async fn a_deleted_user_takes_the_invitation_along(store: Store) {
    let ids = TestIds::default();
    let (_, token) = invite(&store, &ids, "kim@example.com", at(0)).await.unwrap();
    accept(&store, token, "kim", at(1)).await.unwrap();
    assert_eq!(addresses(&store, Some(InvitationState::Accepted), at(1)).await, ["kim@example.com"]);
    store.delete("kim", at(2)).await.unwrap();
    assert!(addresses(&store, None, at(2)).await.is_empty());
    assert!(invite(&store, &ids, "kim@example.com", at(3)).await.is_ok());
}
