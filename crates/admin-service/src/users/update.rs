//! Changes fields of a user.

use steward_domain::policy::{self, Verb};
use steward_domain::ports::{ChangeError, LockedUser, Rejection, StoreError};
use steward_domain::{
    Action, MailKind, MailPolicy, Record, Timestamp, UnboundLink, User, UserChange, UserId, UserVersion,
};

use super::{ActorContext, notices};
use crate::AdminService;

impl AdminService {
    /// Applies `change` to `target`. Returns the updated user. A new address gets a mail with a link that confirms it.
    ///
    /// If `versions` is given, it must contain the current version of the user.
    pub async fn update_user(
        &self,
        context: ActorContext,
        target: &UserId,
        change: UserChange,
        versions: Option<Vec<UserVersion>>,
    ) -> Result<User, ChangeError> {
        policy::authorize_reading(context.actor.role)?;
        let mails = self.mails;
        let link = match &change.email {
            Some(_) if mails.permits(MailKind::VerifyEmail) => Some(self.generate_link().await?),
            _ => None,
        };
        let now = self.clock.now();
        let decide = move |locked: &LockedUser| {
            let versions = versions.as_deref();
            let Some((change, record)) = decide_update(context, change, versions, locked, now, mails)? else {
                return Ok(None);
            };
            let confirmation = link.and_then(|link| notices::of_new_address(&locked.user, &change, link, now));
            let record = confirmation.into_iter().fold(record, Record::with_message);
            Ok(Some((change, record)))
        };
        self.users.update(target, Box::new(decide)).await
    }

    async fn generate_link(&self) -> Result<UnboundLink, ChangeError> {
        let link = self.credentials.generate_link().await;
        link.map_err(|error| StoreError::unavailable(error.to_string()).into())
    }
}

fn decide_update(
    context: ActorContext,
    change: UserChange,
    versions: Option<&[UserVersion]>,
    locked: &LockedUser,
    now: Timestamp,
    mails: MailPolicy,
) -> Result<Option<(UserChange, Record)>, Rejection> {
    let change = change.against(&locked.user);
    for verb in verbs(&change) {
        context.authorize(verb, locked)?;
    }
    // The permission is checked before the precondition (RFC 9110, section 13.2.1).
    if versions.is_some_and(|versions| !versions.contains(&UserVersion::of(&locked.user))) {
        return Err(Rejection::Stale);
    }
    Ok(context.change(change, Action::UserUpdated, locked, now, mails))
}

/// Returns the verbs that a change requires. An empty change requires `Edit`, too.
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

    fn role_change(role: Role) -> UserChange {
        UserChange { role: Some(role), ..UserChange::default() }
    }

    fn status_change(is_active: bool) -> UserChange {
        UserChange { is_active: Some(is_active), ..UserChange::default() }
    }

    fn name_change(name: &str) -> UserChange {
        UserChange { name: Some(DisplayName::parse(name).unwrap()), ..UserChange::default() }
    }

    async fn update(app: &TestApp, actor: &str, target: &str, change: UserChange) -> Result<User, ChangeError> {
        app.service.update_user(app.context(actor).await, &user_id(target), change, None).await
    }

    #[tokio::test]
    async fn the_audit_entry_has_the_old_and_new_values() {
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
    async fn an_empty_change_is_not_audited_but_needs_permission() {
        let app = TestApp::new().await;
        for change in [UserChange::default(), role_change(Role::User), status_change(true), name_change("alice")] {
            assert_eq!(update(&app, "boss", "alice", change).await.unwrap().updated_at, the_beginning());
        }
        let denied = update(&app, "boss", "chief", UserChange::default()).await;
        assert!(matches!(denied, Err(ChangeError::Denied(Denied::TargetIsAdministrator))));
        assert!(app.audit_trail().await.is_empty());
    }

    #[tokio::test]
    async fn the_policy_covers_every_part_of_a_change() {
        let app = TestApp::new().await;
        for (actor, target, change, expected) in [
            ("alice", "alice", name_change("A"), Denied::NotAnAdministrator),
            ("alice", "unknown", name_change("A"), Denied::NotAnAdministrator),
            ("boss", "chief", name_change("A"), Denied::TargetIsAdministrator),
            ("boss", "root", status_change(false), Denied::TargetIsAdministrator),
            ("boss", "boss", name_change("A"), Denied::TargetIsAdministrator),
            ("boss", "alice", role_change(Role::Admin), Denied::RolesAreForSuperAdmins),
            ("root", "root", role_change(Role::User), Denied::OwnRole),
            ("root", "root", status_change(false), Denied::DeactivatingOneself),
        ] {
            match update(&app, actor, target, UserChange { name: name_change("Changed").name, ..change }).await {
                Err(ChangeError::Denied(denied)) => assert_eq!(denied, expected, "{actor} → {target}"),
                result => panic!("{actor} → {target}: {result:?}"),
            }
        }
        assert!(app.audit_trail().await.is_empty());
        assert_eq!(app.user("root").await.name.as_str(), "root", "an allowed part of a rejected change is not applied");
    }

    #[tokio::test]
    async fn a_super_admin_can_change_any_user_and_their_own_name() {
        let app = TestApp::new().await;
        assert_eq!(update(&app, "root", "alice", role_change(Role::SuperAdmin)).await.unwrap().role, Role::SuperAdmin);
        assert_eq!(update(&app, "root", "queen", role_change(Role::User)).await.unwrap().role, Role::User);
        assert_eq!(update(&app, "root", "root", name_change("The Root")).await.unwrap().name.as_str(), "The Root");
        assert!(matches!(update(&app, "root", "unknown", name_change("A")).await, Err(ChangeError::NotFound)));
    }

    #[tokio::test]
    async fn the_decision_uses_the_locked_row() {
        let app = TestApp::new().await;
        // The target was a user when `boss` sent the request, and is an admin when the row is locked.
        let locked = LockedUser { user: app.user("chief").await, is_last_super_admin: false };
        let context = ActorContext { actor: an_actor("boss", Role::Admin), origin: Origin::default() };
        assert_eq!(
            decide_update(context, name_change("A"), None, &locked, at(1), MailPolicy::All),
            Err(Denied::TargetIsAdministrator.into())
        );
    }

    #[tokio::test]
    async fn a_stale_version_is_rejected() {
        let app = TestApp::new().await;
        let version = UserVersion::of(&app.user("alice").await);
        let update_if = async |actor: &str, to: &str, versions: &[&UserVersion]| {
            let versions = versions.iter().map(|version| (*version).clone()).collect();
            app.service.update_user(app.context(actor).await, &user_id("alice"), name_change(to), Some(versions)).await
        };
        // The sign-in does not change the version. The clock does not move, so versions must differ without it.
        app.open_session("alice").await;
        let changed = UserVersion::of(&update_if("boss", "Alice Kim", &[&version]).await.unwrap());
        assert_ne!(changed, version);
        for stale in [&[&version][..], &[], &[&UserVersion::from_client("*")]] {
            assert!(matches!(update_if("root", "Alice Lee", stale).await, Err(ChangeError::Stale)), "{stale:?}");
            assert!(
                matches!(update_if("root", "Alice Kim", stale).await, Err(ChangeError::Stale)),
                "even without an effective change"
            );
        }
        assert!(matches!(update_if("eve", "A", &[&version]).await, Err(ChangeError::Denied(_))));
        assert_eq!(app.user("alice").await.name.as_str(), "Alice Kim");
        assert_eq!(app.only_entry().await.details.as_deref(), Some("name: alice → Alice Kim"));
        assert_eq!(update_if("root", "Alice Lee", &[&version, &changed]).await.unwrap().name.as_str(), "Alice Lee");
    }

    #[tokio::test]
    async fn a_taken_address_rejects_the_whole_change() {
        let app = TestApp::new().await;
        let change = UserChange { email: Some(Email::parse("EVE@example.com").unwrap()), ..name_change("Alice Kim") };
        let result = update(&app, "boss", "alice", change).await;
        assert!(matches!(result, Err(ChangeError::Conflict(_))), "{result:?}");
        assert_eq!(app.user("alice").await.name.as_str(), "alice");
        assert!(app.audit_trail().await.is_empty());
    }

    #[tokio::test]
    async fn concurrent_demotions_leave_a_super_admin() {
        let app = TestApp::empty().await;
        let ids: Vec<String> = (0..8).map(|n| format!("super{n}")).collect();
        for id in &ids {
            app.create(a_user(id).super_admin()).await;
        }
        // Each actor demotes the next one, with the role from before the demotions.
        let contexts = join_all(ids.iter().map(|id| app.context(id))).await;
        let demotions = contexts.into_iter().zip(ids.iter().cycle().skip(1)).map(|(context, target)| {
            let (service, target) = (&app.service, user_id(target));
            async move { service.update_user(context, &target, role_change(Role::User), None).await }
        });
        let results = join_all(demotions).await;
        // A demoted actor must not demote another user.
        let is_denied = |result: &Result<_, _>| {
            matches!(result, Err(ChangeError::ActorGone | ChangeError::Denied(Denied::LastSuperAdmin)))
        };
        let done = results.iter().filter(|result| result.is_ok()).count();
        assert_eq!(results.iter().filter(|result| is_denied(result)).count(), 8 - done);
        let numbers = app.service.users.statistics(at(0)).await.unwrap();
        let left = numbers.with_role(Role::SuperAdmin);
        assert!(left >= 1 && left == 8 - done as u64, "{left} left after {done}");
    }
}
