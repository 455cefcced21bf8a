use futures_util::future::join_all;
use steward_contracts::services::Credentials;
use steward_domain::policy::Denied;
use steward_domain::{DisplayName, Email, Role, UserId};
use steward_testkit::{a_user, at};

use super::*;
use crate::link_token::LinkToken;
use crate::login::SignInOutcome;
use crate::testing::{PASSWORD, TestApp};

async fn set_up() -> (TestApp, String, String) {
    signed_in(TestApp::new().await).await
}

async fn signed_in(app: TestApp) -> (TestApp, String, String) {
    for user in [a_user("root").super_admin(), a_user("boss").admin(), a_user("alice")] {
        app.create(user).await;
    }
    let root = app.log_in("root", PASSWORD).await.unwrap().token;
    let boss = app.log_in("boss", PASSWORD).await.unwrap().token;
    (app, root, boss)
}

fn kim() -> RequestedUser {
    RequestedUser {
        user_id: UserId::parse("Kim").unwrap(),
        email: Email::parse("kim@example.com").unwrap(),
        name: DisplayName::parse("김민서").unwrap(),
        role: Role::User,
        is_active: true,
        first_password: FirstPassword::Generated,
    }
}

fn chosen(password: &str) -> RequestedUser {
    RequestedUser { first_password: FirstPassword::Chosen(Password::parse(password).unwrap()), ..kim() }
}

async fn create(app: &TestApp, caller: &str, user: RequestedUser) -> Result<CreatedUser, CreateUserError> {
    let origin = Origin::new(Some([192, 0, 2, 9].into()), Some("curl/8"));
    app.service.create_user(caller, user, &origin).await
}

#[tokio::test]
async fn a_temporary_password_signs_in_and_must_be_changed() {
    let (app, _, boss) = set_up().await;
    app.clock.set(at(60));
    let created = create(&app, &boss, kim()).await.unwrap();
    assert_eq!((created.user.user_id.as_str(), created.user.role, created.user.is_active), ("Kim", Role::User, true));
    assert_eq!((created.user.created_at, created.user.email_verified_at), (at(60), None));
    let address = "kim@example.com".to_owned();
    assert_eq!(app.mailed(), [("welcome".to_owned(), address.clone()), ("verify_email".to_owned(), address)]);
    let password = created.temporary_password.unwrap();
    let signed_in = app.log_in("kim", password.expose()).await.unwrap();
    assert!(signed_in.user.must_change_password);

    let entry = &app.audit_trail().await[0];
    assert_eq!((entry.action.as_str(), entry.actor_id.as_str()), ("USER_CREATED", "boss"));
    assert_eq!((entry.target.as_deref(), entry.timestamp), (Some("Kim"), at(60)));
    let details = entry.details.as_deref().unwrap();
    assert_eq!(details, "email: kim@example.com; name: 김민서; role: user; with a temporary password");
    assert_eq!(entry.origin.ip_address.as_deref(), Some("192.0.2.9"));
}

#[tokio::test]
async fn a_set_password_obeys_the_policy_and_must_be_changed() {
    let (app, root, _) = set_up().await;
    for weak in ["password123", "kim@example.com!"] {
        let result = create(&app, &root, chosen(weak)).await;
        assert!(matches!(result, Err(CreateUserError::WeakPassword(_))), "{weak}: {result:?}");
    }
    let created = create(&app, &root, RequestedUser { role: Role::SuperAdmin, ..chosen("battery staple") }).await;
    let created = created.unwrap();
    assert!(created.temporary_password.is_none());
    assert_eq!(created.user.role, Role::SuperAdmin);
    assert!(app.log_in("kim", "battery staple").await.unwrap().user.must_change_password);
    assert!(app.audit_trail().await[0].details.as_deref().unwrap().ends_with("; with a set password"));
}

#[tokio::test]
async fn the_link_of_an_invitation_sets_the_password_within_seven_days() {
    const WEEK: i64 = 7 * 24 * 3600;
    let (app, _, boss) = set_up().await;
    let created = create(&app, &boss, RequestedUser { first_password: FirstPassword::ByMail, ..kim() }).await.unwrap();
    assert!(created.temporary_password.is_none());
    let mail = app.only_mail();
    assert_eq!((mail.kind.as_str(), mail.address.as_str()), ("account_created", "kim@example.com"));
    assert!(mail.content.contains("boss"));
    let token = LinkToken::parse(&app.token_in("account_created")).unwrap();
    app.clock.set(at(WEEK - 1));
    let password = Password::parse("battery staple").unwrap();
    app.service.reset_forgotten_password(&token, password, Origin::default()).await.unwrap();
    let signed_in = app.log_in("kim", "battery staple").await.unwrap();
    assert!(!signed_in.user.must_change_password);
    assert_eq!(signed_in.user.email_verified_at, Some(at(WEEK - 1)));
}

#[tokio::test]
async fn without_mails_an_invitation_changes_nothing() {
    let (app, _, boss) = signed_in(TestApp::without_mail().await).await;
    let hashes = app.hashes();
    let result = create(&app, &boss, RequestedUser { first_password: FirstPassword::ByMail, ..kim() }).await;
    assert!(matches!(result, Err(CreateUserError::MailOff)), "{result:?}");
    assert_eq!((app.hashes(), app.audit_trail().await.len()), (hashes, 3));
    create(&app, &boss, kim()).await.unwrap();
}

#[tokio::test]
async fn an_inactive_account_gets_no_mail_and_cannot_sign_in() {
    let (app, _, boss) = set_up().await;
    let created = create(&app, &boss, RequestedUser { is_active: false, ..kim() }).await.unwrap();
    assert!(!created.user.is_active && app.mails().is_empty());
    let result = app.log_in("kim", created.temporary_password.unwrap().expose()).await;
    assert!(matches!(result, Err(SignInOutcome::Deactivated)), "{result:?}");
    let details = app.audit_trail().await[0].details.clone().unwrap();
    assert!(details.ends_with("; role: user; inactive; with a temporary password"), "{details}");
}

#[tokio::test]
async fn denied_and_impossible_creations_cost_no_hash() {
    let (app, root, boss) = set_up().await;
    let alice = app.log_in("alice", PASSWORD).await.unwrap().token;
    let (hashes, entries) = (app.hashes(), app.audit_trail().await.len());
    for (caller, role, expected) in [
        (&alice, Role::User, Denied::NotAnAdministrator),
        (&boss, Role::Admin, Denied::TargetIsAdministrator),
        (&boss, Role::SuperAdmin, Denied::TargetIsAdministrator),
    ] {
        let result = create(&app, caller, RequestedUser { role, ..kim() }).await;
        assert!(matches!(result, Err(CreateUserError::Denied(denied)) if denied == expected), "{result:?}");
    }
    let result = create(&app, "a.b.c", kim()).await;
    assert!(matches!(result, Err(CreateUserError::Unauthenticated)), "{result:?}");
    let result = create(&app, &boss, RequestedUser { user_id: UserId::parse("ALICE").unwrap(), ..kim() }).await;
    assert!(matches!(result, Err(CreateUserError::Taken(UniqueKey::UserId))), "{result:?}");
    for (id, role) in [("support", Role::User), ("system", Role::SuperAdmin)] {
        let reserved = RequestedUser { user_id: UserId::parse(id).unwrap(), role, ..kim() };
        let result = create(&app, &root, reserved).await;
        assert!(matches!(result, Err(CreateUserError::ReservedId)), "{id}: {result:?}");
    }
    assert_eq!((app.hashes(), app.audit_trail().await.len()), (hashes, entries));
    let taken = RequestedUser { email: Email::parse("Alice@Example.com").unwrap(), ..kim() };
    let result = create(&app, &boss, taken).await;
    assert!(matches!(result, Err(CreateUserError::Taken(UniqueKey::Email))), "{result:?}");
    assert_eq!(app.audit_trail().await.len(), entries);
}

#[tokio::test]
async fn one_of_many_concurrent_creations_gets_the_id() {
    let (app, _, boss) = set_up().await;
    let all = join_all((0..20).map(|n| {
        create(&app, &boss, RequestedUser { email: Email::parse(&format!("kim{n}@example.com")).unwrap(), ..kim() })
    }));
    let (created, rejected): (Vec<_>, Vec<_>) = all.await.into_iter().partition(Result::is_ok);
    assert_eq!((created.len(), rejected.len()), (1, 19));
    let is_taken = |result: &_| matches!(result, Err(CreateUserError::Taken(UniqueKey::UserId)));
    assert!(rejected.iter().all(is_taken), "{rejected:?}");
}
