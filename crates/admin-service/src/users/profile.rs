//! Reads and changes the profile of a user.

use steward_domain::policy::{self, Target, Verb};
use steward_domain::ports::{ChangeError, Rejection};
use steward_domain::{
    Action, Actor, AuditEntry, Avatar, ProfileChange, Record, Timestamp, UserId, UserProfile, UserVersion,
};

use super::ActorContext;
use crate::{AdminService, ReadError};

impl AdminService {
    /// Returns the user with this id and their profile, or `None` if the id is unknown.
    pub async fn user_profile(&self, actor: &Actor, target: &UserId) -> Result<Option<UserProfile>, ReadError> {
        policy::authorize_reading(actor.role)?;
        Ok(self.profiles.find(target).await?)
    }

    /// Applies `change` to the profile of `target`. Returns the updated profile.
    ///
    /// If `versions` is given, it must contain the current version of the profile.
    pub async fn update_user_profile(
        &self,
        context: ActorContext,
        target: &UserId,
        change: ProfileChange,
        versions: Option<Vec<UserVersion>>,
    ) -> Result<UserProfile, ChangeError> {
        policy::authorize_reading(context.actor.role)?;
        let now = self.clock.now();
        let decide = move |before: &UserProfile| decide_update(context, change, versions.as_deref(), before, now);
        self.profiles.update(target, Box::new(decide)).await
    }

    /// Returns the picture of the user with this id.
    pub async fn user_avatar(&self, actor: &Actor, target: &UserId) -> Result<Option<Avatar>, ReadError> {
        policy::authorize_reading(actor.role)?;
        Ok(self.profiles.find_avatar(target).await?)
    }
}

fn decide_update(
    ActorContext { actor, origin }: ActorContext,
    change: ProfileChange,
    versions: Option<&[UserVersion]>,
    before: &UserProfile,
    now: Timestamp,
) -> Result<Option<(ProfileChange, Record)>, Rejection> {
    // An edit does not depend on whether the target is the last super_admin.
    policy::authorize(actor.role, Verb::Edit, Target::of(&before.user, &actor, false))?;
    let Some(change) = before.effective_change(change, versions)? else { return Ok(None) };
    let entry = AuditEntry::by(&actor, Action::ProfileUpdated, &before.user.user_id, now, origin)
        .with_details(change.describe(&before.profile));
    Ok(Some((change, entry.into())))
}

#[cfg(test)]
mod tests {
    use steward_domain::policy::Denied;
    use steward_domain::{FieldChange, Origin, ProfileText};
    use steward_testkit::{at, user_id};

    use super::*;
    use crate::testing::TestApp;

    fn a_title(title: &str) -> ProfileChange {
        ProfileChange { title: FieldChange::Set(ProfileText::parse(title).unwrap()), ..ProfileChange::default() }
    }

    #[tokio::test]
    async fn the_audit_entry_has_the_old_and_new_values() {
        let app = TestApp::new().await;
        for title in ["Engineer", "Manager", "Manager"] {
            let context = app.context("boss").await;
            app.service.update_user_profile(context, &user_id("ALICE"), a_title(title), None).await.unwrap();
        }
        let trail = app.audit_trail().await;
        assert_eq!(trail.len(), 2, "a change without an effect has no entry");
        let entry = &trail[0];
        assert_eq!((entry.action.as_str(), entry.target.as_deref()), ("PROFILE_UPDATED", Some("alice")));
        assert_eq!((entry.actor_id.as_str(), entry.timestamp), ("boss", at(60)));
        assert_eq!(entry.details.as_deref(), Some("title: Engineer → Manager"));
        assert_eq!(entry.origin, Origin::new(Some([192, 0, 2, 7].into()), Some("curl/8")));
    }

    #[tokio::test]
    async fn the_policy_of_an_edit_applies() {
        let app = TestApp::new().await;
        for (actor, target, expected) in [
            ("alice", "alice", Denied::NotAnAdministrator),
            ("boss", "chief", Denied::TargetIsAdministrator),
            ("boss", "boss", Denied::TargetIsAdministrator),
        ] {
            for change in [a_title("A"), ProfileChange::default()] {
                let context = app.context(actor).await;
                match app.service.update_user_profile(context, &user_id(target), change, None).await {
                    Err(ChangeError::Denied(denied)) => assert_eq!(denied, expected, "{actor} → {target}"),
                    result => panic!("{actor} → {target}: {result:?}"),
                }
            }
        }
        assert!(app.audit_trail().await.is_empty());
        for target in ["boss", "root"] {
            let context = app.context("root").await;
            app.service.update_user_profile(context, &user_id(target), a_title("A"), None).await.unwrap();
        }
    }
}
