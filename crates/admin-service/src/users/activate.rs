//! Activates a user, who may then sign in again.

use steward_domain::policy::{self, Verb};
use steward_domain::ports::ChangeError;
use steward_domain::{Action, User, UserChange, UserId};

use super::ActorContext;
use crate::AdminService;

impl AdminService {
    /// Activates `target`. Returns the updated user.
    pub async fn activate_user(&self, context: ActorContext, target: &UserId) -> Result<User, ChangeError> {
        policy::authorize_reading(context.actor.role)?;
        let (now, mails) = (self.clock.now(), self.mails);
        let decide = move |locked: &_| {
            context.authorize(Verb::Activate, locked)?;
            let change = UserChange { is_active: Some(true), ..UserChange::default() };
            Ok(context.change(change, Action::UserActivated, locked, now, mails))
        };
        self.users.update(target, Box::new(decide)).await
    }
}

#[cfg(test)]
mod tests {
    use steward_domain::policy::Denied;
    use steward_testkit::{at, user_id};

    use super::*;
    use crate::testing::TestApp;

    #[tokio::test]
    async fn activating_twice_changes_nothing() {
        let app = TestApp::new().await;
        for second in [60, 120] {
            app.clock.set(at(second));
            let eve = app.service.activate_user(app.context("boss").await, &user_id("eve")).await.unwrap();
            assert_eq!((eve.is_active, eve.updated_at), (true, at(60)));
        }
        let entry = app.only_entry().await;
        assert_eq!(
            (entry.action.as_str(), entry.details.as_deref()),
            ("USER_ACTIVATED", Some("is_active: false → true"))
        );
    }

    #[tokio::test]
    async fn a_denied_actor_is_rejected_even_without_a_change() {
        let app = TestApp::new().await;
        for (actor, target, expected) in
            [("alice", "eve", Denied::NotAnAdministrator), ("boss", "chief", Denied::TargetIsAdministrator)]
        {
            match app.service.activate_user(app.context(actor).await, &user_id(target)).await {
                Err(ChangeError::Denied(denied)) => assert_eq!(denied, expected),
                result => panic!("{result:?}"),
            }
        }
        let unknown = app.service.activate_user(app.context("boss").await, &user_id("unknown")).await;
        assert!(matches!(unknown, Err(ChangeError::NotFound)));
    }
}
