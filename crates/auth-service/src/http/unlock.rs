use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, post};
use steward_contracts::bodies::UserDetailsBody;
use steward_domain::LockState;
use steward_domain::ports::UserDetails;
use steward_web::responses::{Anywhere, NamesUser, NeedsAdministrator};
use steward_web::{Administrator, ApiError, CallerOrigin, path_user_id, user_tag};

use crate::AuthService;

/// Unlock an account
///
/// Resets the failed sign-ins at the account, which ends its locks. The request may be repeated.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(("user_id" = String, Path, description = "The user id, in any case", example = "user123")),
    responses(
        Anywhere,
        (
            status = 200, description = "The unlocked user", body = UserDetailsBody,
            headers(("ETag" = String, description = "The user's version, for `If-Match`"))
        ),
        NeedsAdministrator,
        NamesUser,
    )
)]
#[post("/api/admin/users/{user_id}/unlock")]
pub(super) async fn unlock_user(
    administrator: Administrator,
    service: Data<AuthService>,
    origin: CallerOrigin,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let user_id = path_user_id(&request)?;
    let user = service.unlock_user(administrator.actor, &user_id, origin.0).await?;
    let tag = user_tag(&user);
    let details = UserDetails { user, lock: LockState::default() };
    Ok(HttpResponse::Ok().insert_header(tag).json(UserDetailsBody::from(details)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use steward_testkit::a_user;

    use crate::testing::http::{post, with_token};
    use crate::testing::{PASSWORD, TestApp};

    fn unlock(user_id: &str) -> String {
        format!("/api/admin/users/{user_id}/unlock")
    }

    #[actix_web::test]
    async fn unlocking_applies_at_once_and_is_audited_once() {
        let app = TestApp::new().await;
        for user in [a_user("boss").admin(), a_user("alice")] {
            app.create(user).await;
        }
        let boss = app.log_in("boss", PASSWORD).await.unwrap().token;
        for _ in 0..6 {
            app.log_in("alice", "wrong").await.unwrap_err();
        }
        assert!(app.log_in("alice", PASSWORD).await.is_err());
        for _ in 0..2 {
            let response = app.call(with_token(post(&unlock("ALICE")), &boss)).await;
            assert_eq!((response.status, &response.body["user_id"]), (200, &json!("alice")));
            assert_eq!((&response.body["failures"], &response.body["locked_until"]), (&json!(0), &json!(null)));
        }
        app.log_in("alice", PASSWORD).await.unwrap();
        let audit_entries = app.audit_trail().await;
        let unlocked: Vec<_> = audit_entries.iter().filter(|entry| entry.action == "USER_UNLOCKED").collect();
        assert_eq!(unlocked.len(), 1);
        assert_eq!((unlocked[0].actor_id.as_str(), unlocked[0].target.as_deref()), ("boss", Some("alice")));
        assert_eq!(unlocked[0].origin.ip_address.as_deref(), Some("192.0.2.7"));
    }

    #[actix_web::test]
    async fn only_administrators_unlock_and_admins_unlock_users_only() {
        let app = TestApp::new().await;
        for user in [a_user("root").super_admin(), a_user("boss").admin(), a_user("chief").admin(), a_user("alice")] {
            app.create(user).await;
        }
        let token = async |id| app.log_in(id, PASSWORD).await.unwrap().token;
        let (root, boss, alice) = (token("root").await, token("boss").await, token("alice").await);
        for (caller, target, status) in [
            (&alice, "alice", 403),
            (&alice, "unknown", 403),
            (&boss, "chief", 403),
            (&boss, "boss", 403),
            (&boss, "alice", 200),
            (&root, "chief", 200),
            (&root, "root", 200),
            (&root, "unknown", 404),
            (&root, "x", 404),
        ] {
            let response = app.call(with_token(post(&unlock(target)), caller)).await;
            assert_eq!(response.status, status, "{target}: {:?}", response.body);
        }
        assert_eq!(app.call(post(&unlock("alice"))).await.status, 401);
    }
}
