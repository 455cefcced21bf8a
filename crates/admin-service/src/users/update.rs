//! Changes fields of a user.

use steward_domain::policy::{self, Verb};
use steward_domain::ports::{ChangeError, LockedUser, Rejection};
use steward_domain::{Action, AuditEntry, Timestamp, User, UserChange, UserId, UserVersion};

use super::ActorContext;
use crate::AdminService;

impl AdminService {
    /// Changes what `change` names and `target` is not already. Returns the user as they then are.
    ///
    /// Where the caller says which versions of the user they have seen, the user has to be one of these still.
    pub async fn update_user(
        &self,
        context: ActorContext,
        target: &UserId,
        change: UserChange,
        seen: Option<Vec<UserVersion>>,
    ) -> Result<User, ChangeError> {
        policy::authorize_reading(context.actor.role)?;
        let now = self.clock.now();
        let decide = move |locked: &LockedUser| decide(context, change, seen.as_deref(), locked, now);
        self.users.update(target, Box::new(decide)).await
    }
}

fn decide(
    context: ActorContext,
    change: UserChange,
    seen: Option<&[UserVersion]>,
    locked: &LockedUser,
    now: Timestamp,
) -> Result<Option<(UserChange, AuditEntry)>, Rejection> {
    let change = change.against(&locked.user);
    for verb in verbs(&change) {
        context.authorize(verb, locked)?;
    }
    // Whoever may not change the user at all is told that first (RFC 9110, 13.2.1).
    if seen.is_some_and(|seen| !seen.contains(&UserVersion::of(&locked.user))) {
        return Err(Rejection::Stale);
    }
    Ok(context.change(change, Action::UserUpdated, locked, now))
}

/// Everything that a change comes to: at least an edit, so that asking for no change needs the right to make one.
fn verbs(change: &UserChange) -> impl Iterator<Item = Verb> {
    let role = change.role.map(|_| Verb::ChangeRole);
    let status = change.is_active.map(|active| if active { Verb::Activate } else { Verb::Deactivate });
    std::iter::once(Verb::Edit).chain(role).chain(status)
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use steward_domain::policy::Denied;
    use steward_domain::{DisplayName, Email, Origin, Role};
    use steward_testkit::{a_user, an_actor, at, the_beginning, user_id};

    use super::*;
    use crate::testing::TestApp;

    fn role(role: Role) -> UserChange {
        UserChange { role: Some(role), ..UserChange::default() }
    }

    fn active(is_active: bool) -> UserChange {
        UserChange { is_active: Some(is_active), ..UserChange::default() }
    }

    fn name(name: &str) -> UserChange {
        UserChange { name: Some(DisplayName::parse(name).unwrap()), ..UserChange::default() }
    }

    async fn update(app: &TestApp, actor: &str, target: &str, change: UserChange) -> Result<User, ChangeError> {
        app.service.update_user(app.context(actor).await, &user_id(target), change, None).await
    }

    #[tokio::test]
    async fn what_changes_is_told_before_and_after_and_the_rest_stays() {
        let app = TestApp::new().await;
        let change = UserChange {
            email: Some(Email::parse("Alice.Kim@example.com").unwrap()),
            name: Some(DisplayName::parse("Alice Kim").unwrap()),
            role: Some(Role::User),
            is_active: Some(false),
        };
        let user = update(&app, "boss", "ALICE", change).await.unwrap();
        assert_eq!(user, app.user("alice").await);
        assert_eq!((user.email.as_str(), user.name.as_str()), ("alice.kim@example.com", "Alice Kim"));
        assert_eq!((user.created_at, user.updated_at), (the_beginning(), at(60)));

        let entry = app.only_entry().await;
        assert_eq!((entry.action.as_str(), entry.target.as_deref()), ("USER_UPDATED", Some("alice")));
        assert_eq!((entry.actor_id.as_str(), entry.timestamp), ("boss", at(60)));
        assert_eq!(entry.origin, Origin::new(Some([192, 0, 2, 7].into()), Some("curl/8")));
        assert_eq!(
            entry.details.as_deref(),
            Some("email: alice@example.com → alice.kim@example.com; name: alice → Alice Kim; is_active: true → false")
        );
    }

    #[tokio::test]
    async fn no_change_leaves_no_trail_but_needs_the_right_to_make_one() {
        let app = TestApp::new().await;
        for change in [UserChange::default(), role(Role::User), active(true), name("alice")] {
            assert_eq!(update(&app, "boss", "alice", change).await.unwrap().updated_at, the_beginning());
        }
        let denied = update(&app, "boss", "chief", UserChange::default()).await;
        assert!(matches!(denied, Err(ChangeError::Denied(Denied::TargetIsAdministrator))));
        assert!(app.trail().await.is_empty());
    }

    #[tokio::test]
    async fn the_policy_decides_on_everything_that_a_change_comes_to() {
        let app = TestApp::new().await;
        for (actor, target, change, expected) in [
            ("alice", "alice", name("A"), Denied::NotAnAdministrator),
            ("alice", "nobody", name("A"), Denied::NotAnAdministrator),
            ("boss", "chief", name("A"), Denied::TargetIsAdministrator),
            ("boss", "root", active(false), Denied::TargetIsAdministrator),
            ("boss", "boss", name("A"), Denied::TargetIsAdministrator),
            ("boss", "alice", role(Role::Admin), Denied::RolesAreForSuperAdmins),
            ("root", "root", role(Role::User), Denied::OwnRole),
            ("root", "root", active(false), Denied::DeactivatingOneself),
        ] {
            match update(&app, actor, target, UserChange { name: name("Changed").name, ..change }).await {
                Err(ChangeError::Denied(denied)) => assert_eq!(denied, expected, "{actor} → {target}"),
                answer => panic!("{actor} → {target}: {answer:?}"),
            }
        }
        assert!(app.trail().await.is_empty());
        assert_eq!(app.user("root").await.name.as_str(), "root", "a part that is allowed is not done either");
    }

    #[tokio::test]
    async fn a_super_admin_changes_anyone_and_their_own_name() {
        let app = TestApp::new().await;
        assert_eq!(update(&app, "root", "alice", role(Role::SuperAdmin)).await.unwrap().role, Role::SuperAdmin);
        assert_eq!(update(&app, "root", "queen", role(Role::User)).await.unwrap().role, Role::User);
        assert_eq!(update(&app, "root", "root", name("The Root")).await.unwrap().name.as_str(), "The Root");
        assert!(matches!(update(&app, "root", "nobody", name("A")).await, Err(ChangeError::NotFound)));
    }

    #[tokio::test]
    async fn the_decision_is_made_on_the_user_as_they_stand_not_as_they_were() {
        let app = TestApp::new().await;
        // `boss` asks while `alice` is a user; by the time of the change she is an admin.
        let locked = LockedUser { user: app.user("chief").await, is_last_super_admin: false };
        let context = ActorContext { actor: an_actor("boss", Role::Admin), origin: Origin::default() };
        assert_eq!(decide(context, name("A"), None, &locked, at(1)), Err(Denied::TargetIsAdministrator.into()));
    }

    #[tokio::test]
    async fn who_was_changed_since_they_were_seen_stays_as_they_are() {
        let app = TestApp::new().await;
        let seen = UserVersion::of(&app.user("alice").await);
        let update = async |actor: &str, to: &str, seen: &[&UserVersion]| {
            let seen = seen.iter().map(|version| (*version).clone()).collect();
            app.service.update_user(app.context(actor).await, &user_id("alice"), name(to), Some(seen)).await
        };
        // A sign-in in between is no change, and all this happens at one instant.
        app.open_session("alice").await;
        let changed = UserVersion::of(&update("boss", "Alice Kim", &[&seen]).await.unwrap());
        assert_ne!(changed, seen);
        for stale in [&[&seen][..], &[], &[&UserVersion::told("*")]] {
            assert!(matches!(update("root", "Alice Lee", stale).await, Err(ChangeError::Stale)), "{stale:?}");
            assert!(matches!(update("root", "Alice Kim", stale).await, Err(ChangeError::Stale)), "though it is so");
        }
        assert!(matches!(update("eve", "A", &[&seen]).await, Err(ChangeError::Denied(_))));
        assert_eq!(app.user("alice").await.name.as_str(), "Alice Kim");
        assert_eq!(app.only_entry().await.details.as_deref(), Some("name: alice → Alice Kim"));
        assert_eq!(update("root", "Alice Lee", &[&seen, &changed]).await.unwrap().name.as_str(), "Alice Lee");
    }

    #[tokio::test]
    async fn an_address_that_is_taken_is_refused_whole() {
        let app = TestApp::new().await;
        let change = UserChange { email: Some(Email::parse("EVE@example.com").unwrap()), ..name("Alice Kim") };
        let answer = update(&app, "boss", "alice", change).await;
        assert!(matches!(answer, Err(ChangeError::Conflict(_))), "{answer:?}");
        assert_eq!(app.user("alice").await.name.as_str(), "alice");
        assert!(app.trail().await.is_empty());
    }

    #[tokio::test]
    async fn super_admins_who_demote_each_other_at_once_leave_one() {
        let app = TestApp::empty().await;
        let ids: Vec<String> = (0..8).map(|n| format!("super{n}")).collect();
        for id in &ids {
            app.create(a_user(id).super_admin()).await;
        }
        // Each acts on the next one, as the super_admin they were when they asked.
        let deeds = join_all(ids.iter().map(|id| app.context(id))).await;
        let demotions = deeds.into_iter().zip(ids.iter().cycle().skip(1)).map(|(context, target)| {
            let (service, target) = (&app.service, user_id(target));
            async move { service.update_user(context, &target, role(Role::User), None).await }
        });
        let answers = join_all(demotions).await;
        // Whoever was demoted before their turn demotes nobody any more.
        let refused = |answer: &Result<_, _>| {
            matches!(answer, Err(ChangeError::ActorGone | ChangeError::Denied(Denied::LastSuperAdmin)))
        };
        let done = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(answers.iter().filter(|answer| refused(answer)).count(), 8 - done);
        let numbers = app.service.users.statistics(at(0)).await.unwrap();
        let left = numbers.with_role(Role::SuperAdmin);
        assert!(left >= 1 && left == 8 - done as u64, "{left} left after {done}");
    }
}
