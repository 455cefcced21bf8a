//! Concurrent changes.

use std::sync::Arc;

use steward_domain::policy::{self, Denied, Target, Verb};
use steward_domain::ports::{ChangeError, LockedUser, Rejection, UniqueKey, Users};
use steward_domain::user::{RoleFilter, UserQuery};
use steward_domain::{
    Action, ActorSession, AuditEntry, DisplayName, Email, PageRequest, Role, UserChange, UserFilter, UserVersion,
};
use tokio::task::JoinSet;

use crate::contracts::Store;
use crate::contracts::fixture::decided;
use crate::{a_user, an_entry, at, user_id};

/// Four concurrent updates of four fields are all kept, and each has its audit entry.
pub async fn concurrent_updates_of_different_fields_are_all_kept(store: Store) {
    const ROUNDS: i64 = 15;
    a_user("alice").create(&*store.accounts).await;
    for round in 0..ROUNDS {
        let role = if round % 2 == 0 { Role::Admin } else { Role::User };
        let wanted = UserChange {
            email: Some(Email::parse(&format!("alice{round}@example.com")).unwrap()),
            name: Some(DisplayName::parse(&format!("Alice {round}")).unwrap()),
            role: Some(role),
            is_active: Some(round % 2 == 1),
        };
        let alone = UserChange::default;
        let mut updates = JoinSet::new();
        for change in [
            UserChange { email: wanted.email.clone(), ..alone() },
            UserChange { name: wanted.name.clone(), ..alone() },
            UserChange { role: wanted.role, ..alone() },
            UserChange { is_active: wanted.is_active, ..alone() },
        ] {
            let users = Arc::clone(&store.users);
            let entry = an_entry(Action::UserUpdated, "alice", at(round));
            updates.spawn(async move { users.update(&user_id("alice"), decided((change, entry))).await.unwrap() });
        }
        updates.join_all().await;
        assert_eq!(wanted.against(&store.user("alice").await), UserChange::default(), "lost in round {round}");
    }
    let entries = store.trail().await.len();
    assert_eq!(entries, 1 + 4 * usize::try_from(ROUNDS).unwrap());
}

/// Each decision receives the result of the previous one: of thirty increments none is lost.
pub async fn decisions_about_one_user_are_serialized(store: Store) {
    const COUNTS: usize = 30;
    a_user("counter").name("0").create(&*store.accounts).await;
    let mut updates = JoinSet::new();
    for _ in 0..COUNTS {
        let users = Arc::clone(&store.users);
        updates.spawn(async move {
            let count_on = |locked: &LockedUser| {
                let count: usize = locked.user.name.as_str().parse().unwrap();
                let name = DisplayName::parse(&(count + 1).to_string()).unwrap();
                let change = UserChange { name: Some(name), ..UserChange::default() };
                Ok(Some((change, an_entry(Action::UserUpdated, "counter", at(1)).into())))
            };
            users.update(&user_id("counter"), Box::new(count_on)).await.unwrap();
        });
    }
    updates.join_all().await;
    assert_eq!(store.user("counter").await.name.as_str(), COUNTS.to_string());
}

/// The ways in which a super_admin can remove another one.
#[derive(Debug, Clone, Copy)]
enum Deposition {
    Demote,
    Deactivate,
    Delete,
}

impl Deposition {
    async fn of(
        self,
        users: Arc<dyn Users>,
        id: &'static str,
        acting: Option<ActorSession>,
    ) -> Result<(), ChangeError> {
        let verb = match self {
            Self::Demote => Verb::ChangeRole,
            Self::Deactivate => Verb::Deactivate,
            Self::Delete => Verb::Delete,
        };
        let allowed = move |locked: &LockedUser| {
            let is_last_super_admin = locked.is_last_super_admin;
            let target = Target { role: locked.user.role, is_self: false, is_last_super_admin };
            policy::authorize(Role::SuperAdmin, verb, target).map_err(Rejection::from)
        };
        let change = match self {
            Self::Demote => UserChange { role: Some(Role::User), ..UserChange::default() },
            Self::Deactivate => UserChange { is_active: Some(false), ..UserChange::default() },
            Self::Delete => {
                let entry = AuditEntry { acting, ..an_entry(Action::UserDeleted, id, at(1)) };
                return users
                    .delete(&user_id(id), Box::new(move |locked| allowed(locked).map(|()| entry.into())))
                    .await;
            }
        };
        let entry = AuditEntry { acting, ..an_entry(Action::UserUpdated, id, at(1)) };
        let change = (change, entry.into());
        let decide = move |locked: &LockedUser| allowed(locked).map(|()| Some(change));
        users.update(&user_id(id), Box::new(decide)).await.map(|_| ())
    }
}

/// Of two super_admins who demote, deactivate or delete each other, one succeeds, and the other gets the reason.
pub async fn of_super_admins_removing_each_other_one_remains(store: Store) {
    use Deposition::{Deactivate, Delete, Demote};
    for round in 0..8 {
        for ways in [[Demote, Demote], [Demote, Deactivate], [Deactivate, Delete], [Delete, Delete], [Delete, Demote]] {
            for id in ["root-a", "root-b"] {
                a_user(id).super_admin().create(&*store.accounts).await;
            }
            let mut depositions = JoinSet::new();
            for (way, id) in ways.into_iter().zip(["root-b", "root-a"]) {
                depositions.spawn(way.of(Arc::clone(&store.users), id, None));
            }
            let results = depositions.join_all().await;
            let winners = results.iter().filter(|result| result.is_ok()).count();
            let denied =
                results.iter().filter(|r| matches!(r, Err(ChangeError::Denied(Denied::LastSuperAdmin)))).count();
            assert_eq!((winners, denied), (1, 1), "round {round}, {ways:?}: {results:?}");
            let filter = UserFilter {
                role: Some(RoleFilter::Exactly(Role::SuperAdmin)),
                is_active: Some(true),
                ..UserFilter::default()
            };
            let query = UserQuery { filter, ..UserQuery::default() };
            let left = store.users.list(&query, &PageRequest::default(), at(0)).await.unwrap();
            assert_eq!(left.items.len(), 1, "round {round}, {ways:?}");
            for id in ["root-a", "root-b"] {
                let deleted = store.delete(id, at(2)).await;
                assert!(matches!(deleted, Ok(()) | Err(ChangeError::NotFound)), "{deleted:?}");
            }
        }
    }
}

/// Of two super_admins who demote, deactivate or delete each other from their own sessions, one succeeds. The session
/// of the other is no longer valid. A third super_admin remains.
pub async fn removals_between_super_admins_are_serialized(store: Store) {
    use Deposition::{Deactivate, Delete, Demote};
    a_user("root-c").super_admin().create(&*store.accounts).await;
    for round in 0..4 {
        for ways in
            [[Demote, Demote], [Demote, Deactivate], [Deactivate, Deactivate], [Delete, Deactivate], [Delete, Demote]]
        {
            let mut depositions = JoinSet::new();
            let mut acting = Vec::new();
            for id in ["root-a", "root-b"] {
                let user = a_user(id).super_admin().create(&*store.accounts).await;
                acting.push(ActorSession { session: store.open(&user, at(0)).await, role: Role::SuperAdmin });
            }
            for ((way, id), acting) in ways.into_iter().zip(["root-b", "root-a"]).zip(acting) {
                depositions.spawn(way.of(Arc::clone(&store.users), id, Some(acting)));
            }
            let results = depositions.join_all().await;
            let winners = results.iter().filter(|result| result.is_ok()).count();
            let gone = |result: &&Result<_, _>| matches!(result, Err(ChangeError::ActorGone));
            assert_eq!((winners, results.iter().filter(gone).count()), (1, 1), "round {round}, {ways:?}: {results:?}");
            for id in ["root-a", "root-b"] {
                let deleted = store.delete(id, at(2)).await;
                assert!(matches!(deleted, Ok(()) | Err(ChangeError::NotFound)), "{deleted:?}");
            }
        }
    }
}

/// Of twenty concurrent changes one succeeds, and the others return a conflict.
pub async fn concurrent_changes_to_one_address_succeed_once(store: Store) {
    let ids: Vec<String> = (0..20).map(|n| format!("user{n}")).collect();
    for id in &ids {
        a_user(id).create(&*store.accounts).await;
    }
    let mut updates = JoinSet::new();
    for id in ids {
        let users = Arc::clone(&store.users);
        let email = Some(Email::parse("wanted@example.com").unwrap());
        let change = (UserChange { email, ..UserChange::default() }, an_entry(Action::UserUpdated, &id, at(1)));
        updates.spawn(async move { users.update(&user_id(&id), decided(change)).await });
    }
    let (taken, others): (Vec<_>, Vec<_>) = updates.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!(taken.len(), 1);
    for other in others {
        assert!(matches!(other, Err(ChangeError::Conflict(UniqueKey::Email))), "{other:?}");
    }
    assert_eq!(store.trail().await.len(), 21);
}

/// Of twenty concurrent changes one succeeds, and the others are stale.
pub async fn of_concurrent_changes_to_one_version_one_succeeds(store: Store) {
    let seen = UserVersion::of(&a_user("alice").create(&*store.accounts).await);
    let mut updates = JoinSet::new();
    for n in 0..20 {
        let (users, seen) = (Arc::clone(&store.users), seen.clone());
        let name = Some(DisplayName::parse(&format!("Alice {n}")).unwrap());
        let entry = an_entry(Action::UserUpdated, "alice", at(0));
        let change = (UserChange { name, ..UserChange::default() }, entry.into());
        let decide = move |locked: &LockedUser| {
            if UserVersion::of(&locked.user) == seen { Ok(Some(change)) } else { Err(Rejection::Stale) }
        };
        updates.spawn(async move { users.update(&user_id("alice"), Box::new(decide)).await });
    }
    let (done, late): (Vec<_>, Vec<_>) = updates.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!((done.len(), store.trail().await.len()), (1, 2));
    for answer in late {
        assert!(matches!(answer, Err(ChangeError::Stale)), "{answer:?}");
    }
}
