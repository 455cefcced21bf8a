use std::sync::Arc;

use chrono::TimeDelta;
use steward_domain::policy::Denied;
use steward_domain::ports::InvitationError;
use steward_domain::{InvitationState, LinkError, NewInvitation, Role};
use tokio::task::JoinSet;

use super::accepting::{accept, assert_invalid};
use super::{VALIDITY, a_link, addresses, email, invite, renew, revoke, sending};
use crate::contracts::Store;
use crate::{TestIds, a_user, at};

/// In any spelling. Nothing is written.
pub async fn a_registered_address_is_not_invited(store: Store) {
    let ids = TestIds::default();
    a_user("alice").create(&*store.accounts).await;
    a_user("old").stored("old", "old@xn--bcher-kva.example").create(&*store.accounts).await;
    let before = store.trail().await.len();
    for address in ["ALICE@example.com", "old@bücher.example"] {
        let result = invite(&store, &ids, address, at(1)).await;
        assert!(matches!(result, Err(InvitationError::Registered)), "{address}: {result:?}");
    }
    assert_eq!((store.trail().await.len(), addresses(&store, None, at(1)).await.len()), (before, 0));
}

/// Until it is revoked or has expired. Nothing is written.
pub async fn a_pending_invitation_prevents_another_one(store: Store) {
    let ids = TestIds::default();
    let (first, token) = invite(&store, &ids, "kim@example.com", at(0)).await.unwrap();
    let second = invite(&store, &ids, "Kim@example.com", at(1)).await;
    assert!(matches!(second, Err(InvitationError::Pending)), "{second:?}");
    assert_eq!(store.trail().await.len(), 1);
    assert_eq!(store.invitations.find(&token, at(1)).await.unwrap(), first);

    revoke(&store, first.id, at(2)).await.unwrap();
    let (second, _) = invite(&store, &ids, "kim@example.com", at(3)).await.unwrap();
    let end = at(3) + VALIDITY;
    let (_, token) = invite(&store, &ids, "kim@example.com", end).await.unwrap();
    let result = renew(&store, &ids, second.id, "kim@example.com", end).await;
    assert!(matches!(result, Err(InvitationError::Pending)), "{result:?}");
    assert!(accept(&store, token, "kim", end).await.is_ok());
}

/// The others find it pending.
pub async fn concurrent_invitations_of_an_address_create_one(store: Store) {
    let ids = TestIds::default();
    let mut inviting = JoinSet::new();
    for _ in 0..10 {
        let link = a_link(&ids, "kim@example.com", at(0));
        let new = NewInvitation {
            address: email("kim@example.com"),
            role: Role::User,
            locale: None,
            inviter_id: "root".to_owned(),
            inviter_name: "Root".to_owned(),
            link: link.id,
            expires_at: link.expires_at,
        };
        let invitations = Arc::clone(&store.invitations);
        inviting.spawn(async move { invitations.create(new, sending(link, at(0))).await });
    }
    let outcomes = inviting.join_all().await;
    let pending = outcomes.iter().filter(|outcome| matches!(outcome, Err(InvitationError::Pending))).count();
    assert_eq!((pending, outcomes.iter().filter(|outcome| outcome.is_ok()).count()), (9, 1));
    assert_eq!(store.trail().await.len(), 1);
}

/// The old link is superseded, and an expired invitation is pending again. Its inviter is the actor of the record.
pub async fn another_link_replaces_the_first(store: Store) {
    let ids = TestIds::default();
    let (first, old) = invite(&store, &ids, "kim@example.com", at(0)).await.unwrap();
    let end = at(0) + VALIDITY;
    assert_invalid(&store, old, end, LinkError::Expired).await;
    let (second, new) = renew(&store, &ids, first.id, "kim@example.com", end).await.unwrap();
    assert_eq!(
        second,
        steward_domain::Invitation { expires_at: end + VALIDITY, inviter_name: "root".to_owned(), ..first }
    );
    assert_invalid(&store, old, at(1), LinkError::Superseded).await;
    assert_eq!(store.invitations.find(&new, end).await.unwrap(), second);
    assert_eq!(store.trail().await.len(), 2);
}

/// Its link is superseded.
pub async fn a_revoked_invitation_is_not_accepted(store: Store) {
    let ids = TestIds::default();
    let (invitation, token) = invite(&store, &ids, "kim@example.com", at(0)).await.unwrap();
    let revoked = revoke(&store, invitation.id, at(1)).await.unwrap();
    assert_eq!((revoked.revoked_at, revoked.state(at(1))), (Some(at(1)), InvitationState::Revoked));
    assert_invalid(&store, token, at(2), LinkError::Superseded).await;
}

/// An unknown, an accepted and a revoked one. Nothing is written.
pub async fn a_closed_invitation_is_neither_renewed_nor_revoked(store: Store) {
    let ids = TestIds::default();
    let (revoked, _) = invite(&store, &ids, "revoked@example.com", at(0)).await.unwrap();
    revoke(&store, revoked.id, at(1)).await.unwrap();
    let (accepted, token) = invite(&store, &ids, "accepted@example.com", at(0)).await.unwrap();
    accept(&store, token, "accepted", at(1)).await.unwrap();
    let before = store.trail().await.len();
    for (id, address, expected) in [
        (revoked.id, "revoked@example.com", Some(InvitationState::Revoked)),
        (accepted.id, "accepted@example.com", Some(InvitationState::Accepted)),
        (accepted.id + 1, "unknown@example.com", None),
    ] {
        let renewed = renew(&store, &ids, id, address, at(2)).await.map(|(invitation, _)| invitation);
        for result in [renewed, revoke(&store, id, at(2)).await] {
            match result {
                Err(InvitationError::Closed(state)) => assert_eq!(Some(state), expected),
                Err(InvitationError::NotFound) => assert_eq!(None, expected),
                other => panic!("{address}: {other:?}"),
            }
        }
    }
    assert_eq!(store.trail().await.len(), before);
}

/// With the invitation. Nothing is written.
pub async fn a_decision_can_deny_a_change_of_an_invitation(store: Store) {
    let ids = TestIds::default();
    let (invitation, token) = invite(&store, &ids, "kim@example.com", at(0)).await.unwrap();
    let expected = invitation.clone();
    let renewed = store
        .invitations
        .renew(
            invitation.id,
            Box::new(move |seen| {
                assert_eq!(*seen, expected);
                Err(Denied::TargetIsAdministrator)
            }),
        )
        .await;
    let revoked = store.invitations.revoke(invitation.id, Box::new(|_| Err(Denied::TargetIsAdministrator))).await;
    for result in [renewed, revoked] {
        assert!(matches!(result, Err(InvitationError::Denied(Denied::TargetIsAdministrator))), "{result:?}");
    }
    assert_eq!(store.invitations.find(&token, at(1)).await.unwrap(), invitation);
    assert_eq!(store.trail().await.len(), 1);
}

/// Those that were not accepted, in batches. Their addresses are forgotten.
pub async fn expired_invitations_are_purged(store: Store) {
    let ids = TestIds::default();
    let (_, token) = invite(&store, &ids, "accepted@example.com", at(0)).await.unwrap();
    accept(&store, token, "accepted", at(1)).await.unwrap();
    let (revoked, _) = invite(&store, &ids, "revoked@example.com", at(0)).await.unwrap();
    revoke(&store, revoked.id, at(1)).await.unwrap();
    for n in 0..2 {
        invite(&store, &ids, &format!("open{n}@example.com"), at(0)).await.unwrap();
    }
    let (renewed, _) = invite(&store, &ids, "renewed@example.com", at(0)).await.unwrap();
    renew(&store, &ids, renewed.id, "renewed@example.com", at(60)).await.unwrap();
    let end = at(0) + VALIDITY;
    assert_eq!(store.invitations.purge(end, 10).await.unwrap(), 0);
    let after = end + TimeDelta::microseconds(1);
    for purged in [2, 1, 0] {
        assert_eq!(store.invitations.purge(after, 2).await.unwrap(), purged);
    }
    assert_eq!(addresses(&store, None, after).await, ["renewed@example.com", "accepted@example.com"]);
}
