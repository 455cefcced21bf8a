//! The typed client against a running server.

use steward_client::{
    ActivityRange, AttemptOutcome, AuditList, Client, Error, Image, InvitationList, LinkError, OutboxList, SessionList,
    SignInList, UserList,
};
use steward_contracts::bodies::{
    AcceptInvitationRequest, CreateUserRequest, FieldChange, HealthStatus, Interval, InvitationRequest,
    InvitationState, LoginRequest, MailState, PasswordStrengthRequest, RegisterRequest, TimelineKind,
    UpdateProfileRequest, UpdateUserRequest, UserRole,
};

use crate::support::{Deployment, Shape};

#[tokio::test]
async fn every_call_parses_its_response() {
    let deployment = Deployment::start(Shape::Sqlite).await;
    let anonymous = Client::new(deployment.api.base()).unwrap();
    assert_eq!(anonymous.health().await.unwrap().status, HealthStatus::Healthy);
    let gildong = RegisterRequest {
        user_id: "gildong".into(),
        email: "gildong@example.com".into(),
        name: "홍길동".into(),
        password: "correct horse".into(),
        role: None,
    };
    assert_eq!(anonymous.register(&gildong).await.unwrap().role, UserRole::User);

    let admin = anonymous.with_token(anonymous.login("admin", "admin123").await.unwrap().access_token);
    assert_eq!(admin.me().await.unwrap().user_id, "admin");
    users(&anonymous, &admin).await;
    numbers(&admin).await;
    audit_trail(&admin).await;
    lockout(&anonymous, &admin).await;
    sessions(&anonymous, &admin).await;
    segments(&admin).await;
    outbox(&admin).await;
    profiles(&admin).await;
    own_account(&anonymous).await;
    invitations(&anonymous, &admin).await;
    created_users(&admin).await;
    admin.logout().await.unwrap();
    assert_eq!(admin.me().await.unwrap_err().status(), Some(401));
}

async fn invitations(anonymous: &Client, admin: &Client) {
    let role = Some(UserRole::Admin);
    let request = InvitationRequest { email: "kim@example.com".into(), role, locale: Some("ko".into()) };
    let sent = admin.invite(&request).await.unwrap();
    assert_eq!(
        (sent.email.as_str(), sent.role, sent.state, sent.locale.as_deref()),
        ("kim@example.com", UserRole::Admin, InvitationState::Pending, Some("ko"))
    );
    assert_eq!(admin.resend_invitation(sent.id).await.unwrap().id, sent.id);
    let list =
        InvitationList { state: Some(InvitationState::Pending), page_size: Some(5), ..InvitationList::default() };
    let page = admin.invitations(&list).await.unwrap();
    assert_eq!((page.items.len(), page.total, page.items[0].invited_by.as_str()), (1, 1, "admin"));
    admin.revoke_invitation(sent.id).await.unwrap();
    assert_eq!(admin.revoke_invitation(sent.id).await.unwrap_err().code(), Some("invitation-closed"));
    let acceptance = AcceptInvitationRequest {
        token: "x".into(),
        user_id: "kim".into(),
        name: "Kim".into(),
        password: "correct horse".into(),
    };
    let late = anonymous.accept_invitation(&acceptance).await.unwrap_err();
    assert_eq!((late.status(), late.code()), (Some(400), Some("invalid-or-expired-token")));
    assert_eq!(late.link_error(), Some(LinkError::Unknown));
}

async fn created_users(admin: &Client) {
    let request = CreateUserRequest {
        user_id: "lee".into(),
        email: "lee@example.com".into(),
        name: "Lee".into(),
        ..CreateUserRequest::default()
    };
    let keyed = admin.with_idempotency_key("the-key");
    let created = keyed.create_user(&request).await.unwrap();
    assert_eq!((created.user.user_id.as_str(), created.must_change_password), ("lee", true));
    assert!(created.temporary_password.is_some());
    assert_eq!(keyed.create_user(&request).await.unwrap(), created);
    assert_eq!(admin.create_user(&request).await.unwrap_err().code(), Some("taken"));
    let other = CreateUserRequest { role: Some(UserRole::Admin), ..request };
    assert_eq!(keyed.create_user(&other).await.unwrap_err().code(), Some("idempotency-key-reused"));
}

async fn users(anonymous: &Client, admin: &Client) {
    let list = UserList { search: Some("길동".into()), is_active: Some(true), ..UserList::default() };
    assert_eq!(admin.users(&list).await.unwrap().items[0].user_id, "gildong");
    assert_eq!(admin.user("gildong").await.unwrap().name, "홍길동");
    let change = UpdateUserRequest { role: Some(UserRole::Admin), ..UpdateUserRequest::default() };
    assert_eq!(admin.update_user("gildong", &change).await.unwrap().role, UserRole::Admin);
    let (seen, tag) = admin.user_with_tag("gildong").await.unwrap();
    assert_eq!(seen.role, UserRole::Admin);
    let change = UpdateUserRequest { role: Some(UserRole::User), ..UpdateUserRequest::default() };
    assert_eq!(admin.update_user_if("gildong", &change, &tag).await.unwrap().role, UserRole::User);
    let late = admin.update_user_if("gildong", &change, &tag).await.unwrap_err();
    assert_eq!((late.status(), late.problem().is_some()), (Some(412), true));
    let list = UserList {
        created_from: Some(seen.created_at),
        created_to: Some(seen.created_at + chrono::TimeDelta::seconds(1)),
        never_signed_in: Some(true),
        locked: Some(false),
        ..UserList::default()
    };
    assert_eq!(admin.users(&list).await.unwrap().items[0].user_id, "gildong");
    let list = UserList { last_login_from: Some(seen.created_at), last_login_to: None, ..UserList::default() };
    assert_eq!(admin.users(&list).await.unwrap().items[0].user_id, "admin");
    assert!(!admin.deactivate_user("gildong").await.unwrap().is_active);
    assert!(admin.activate_user("gildong").await.unwrap().is_active);
    let reset = admin.reset_password("gildong", None).await.unwrap();
    let temporary = reset.temporary_password.unwrap();
    assert!(anonymous.login("gildong", &temporary).await.unwrap().must_change_password);
    let strength = PasswordStrengthRequest { password: "password".into(), ..PasswordStrengthRequest::default() };
    assert_eq!(anonymous.password_strength(&strength).await.unwrap().weaknesses[0].code, "breached");
    let gildong = anonymous.with_token(anonymous.login("gildong", &temporary).await.unwrap().access_token);
    assert_eq!(gildong.change_password("wrong", "battery staple").await.unwrap_err().status(), Some(422));
    gildong.change_password(&temporary, "battery staple").await.unwrap();
    assert!(!anonymous.login("gildong", "battery staple").await.unwrap().must_change_password);
    let sent = admin.send_password_link("charlie").await.unwrap();
    assert!(sent.temporary_password.is_none() && sent.recipient.is_some());
    assert_eq!(anonymous.login("charlie", "test123").await.unwrap_err().status(), Some(401));
}

async fn profiles(admin: &Client) {
    let (before, tag) = admin.own_profile().await.unwrap();
    let change = UpdateProfileRequest { title: FieldChange::Set("Boss".into()), ..UpdateProfileRequest::default() };
    let changed = admin.update_own_profile(&change, Some(&tag)).await.unwrap();
    assert_eq!((before.title, changed.title.as_deref()), (None, Some("Boss")));
    let late = admin.update_own_profile(&change, Some(&tag)).await.unwrap_err();
    assert_eq!(late.status(), Some(412));
    let (theirs, tag) = admin.user_profile("admin").await.unwrap();
    assert_eq!(theirs, changed);
    let change = UpdateProfileRequest { title: FieldChange::Clear, ..UpdateProfileRequest::default() };
    assert_eq!(admin.update_user_profile("admin", &change, Some(&tag)).await.unwrap().title, None);
    assert_eq!(admin.change_own_name("The Admin").await.unwrap().name, "The Admin");
    let image = Image { content_type: "image/png".into(), bytes: super::api::PNG.to_vec() };
    let hash = admin.set_own_avatar(image).await.unwrap().avatar;
    let (picture, tag) = admin.own_avatar().await.unwrap();
    assert_eq!((picture.content_type.as_str(), tag.clone()), ("image/webp", format!("\"{}\"", hash.unwrap())));
    assert_eq!(admin.user_avatar("admin").await.unwrap(), (picture, tag));
    admin.remove_own_avatar().await.unwrap();
    assert_eq!(admin.own_avatar().await.unwrap_err().code(), Some("avatar-not-found"));
}

async fn numbers(admin: &Client) {
    assert_eq!(admin.user_analytics().await.unwrap().total_users, 11);
    let overview = admin.overview().await.unwrap();
    assert_eq!((overview.total_users, overview.daily_active_users), (11, 2));
    let month = ActivityRange { interval: Some(Interval::Month), ..ActivityRange::default() };
    let activity = admin.activity(&month).await.unwrap();
    assert_eq!(
        (activity.interval, activity.points.iter().map(|point| point.registrations).sum()),
        (Interval::Month, 11)
    );
    let backwards = ActivityRange { from: Some(activity.to), to: Some(activity.from), ..month };
    assert_eq!(admin.activity(&backwards).await.unwrap_err().problem().unwrap().errors[0].field, "to");
}

async fn audit_trail(admin: &Client) {
    let trail = AuditList { target: Some("gildong".into()), page_size: Some(2), ..AuditList::default() };
    let page = admin.audit_logs(&trail).await.unwrap();
    assert_eq!((page.items.len(), page.total), (2, 7));
    let next = AuditList { cursor: page.next_cursor, ..trail };
    assert_eq!(admin.audit_logs(&next).await.unwrap().page, 2);
    admin.delete_user("gildong").await.unwrap();
    assert_eq!(admin.user("gildong").await.unwrap_err().status(), Some(404));
}

async fn lockout(anonymous: &Client, admin: &Client) {
    for _ in 0..5 {
        assert_eq!(anonymous.login("alice", "wrong").await.unwrap_err().status(), Some(401));
    }
    assert_eq!(anonymous.login("alice", "test123").await.unwrap_err().status(), Some(429));
    let alice = admin.user("alice").await.unwrap();
    assert_eq!((alice.failures, alice.locked_until.is_some()), (5, true));
    assert_eq!(admin.unlock_user("alice").await.unwrap().failures, 0);
    let device_token = anonymous.login("alice", "test123").await.unwrap().device_token.unwrap();
    let alice = anonymous.login_from("alice", "test123", Some(&device_token)).await.unwrap();
    assert_eq!(alice.device_token, Some(device_token));
    let activity = anonymous.with_token(alice.access_token).own_activity(Some(2), None).await.unwrap();
    assert_eq!(activity.items[0].kind, TimelineKind::SignIn);
    let before = anonymous.own_activity(None, activity.next_cursor.as_deref()).await.unwrap_err();
    assert_eq!(before.status(), Some(401));
    let timeline = admin.user_timeline("alice", Some(100), None).await.unwrap();
    let (mails, events): (Vec<_>, Vec<_>) = timeline.items.into_iter().partition(|item| item.mail.is_some());
    // Registration, five failures, a rejected attempt, the unlock, two sign-ins.
    assert_eq!((events.len(), timeline.next_cursor), (10, None));
    let kinds: Vec<_> = mails.into_iter().filter_map(|item| item.mail).map(|mail| mail.kind).collect();
    assert_eq!(kinds, ["locked_out"]);
}

async fn sessions(anonymous: &Client, admin: &Client) {
    let signed_in = anonymous.login("user123", "password123").await.unwrap();
    let user = anonymous.with_token(signed_in.access_token);
    let next = anonymous.refresh(&signed_in.refresh_token).await.unwrap();
    assert_eq!(next.user_id, "user123");
    anonymous.login("user123", "password123").await.unwrap();
    let own = user.own_sessions().await.unwrap();
    assert_eq!((own.total, own.items[1].current), (2, true));
    user.end_own_session(&own.items[0].id).await.unwrap();
    anonymous.login("user123", "password123").await.unwrap();
    assert_eq!(user.logout_all(true).await.unwrap().ended, 1);
    assert_eq!(user.logout_all(false).await.unwrap().ended, 1);
    assert_eq!(anonymous.refresh(&next.refresh_token).await.unwrap_err().status(), Some(401));
    for _ in 0..3 {
        anonymous.login("user123", "password123").await.unwrap();
    }
    let list = SessionList { search: Some("user123".into()), page_size: Some(2), ..SessionList::default() };
    let page = admin.sessions(&list).await.unwrap();
    assert_eq!((page.items.len(), page.total, page.items[0].user_id.as_str()), (2, 3, "user123"));
    let list =
        SessionList { user_id: Some("user123".into()), address: Some("127.0.0.0/8".into()), ..SessionList::default() };
    assert_eq!(admin.sessions(&list).await.unwrap().total, 3);
    let list = SignInList {
        outcome: Some(AttemptOutcome::Success),
        user_id: Some("user123".into()),
        address: Some("127.0.0.1".into()),
        page_size: Some(2),
        ..SignInList::default()
    };
    let page = admin.sign_ins(&list).await.unwrap();
    assert_eq!((page.items.len(), page.items[0].user_id.as_deref()), (2, Some("user123")));
    let next = SignInList { cursor: page.next_cursor, ..list };
    assert!(admin.sign_ins(&next).await.unwrap().items[0].id < page.items[1].id);
    let of_user = admin.user_sessions("user123", &SessionList::default()).await.unwrap();
    admin.revoke_session("user123", &of_user.items[0].id).await.unwrap();
    assert_eq!(admin.revoke_sessions("user123").await.unwrap().ended, 2);
}

async fn segments(admin: &Client) {
    let saved = admin.save_segment("휴면 & co?", "role=admin&is_active=false").await.unwrap();
    assert_eq!(saved.query, "is_active=false&role=admin");
    assert_eq!(admin.segments().await.unwrap().items, [saved]);
    let refused = admin.save_segment("x", "role=boss").await.unwrap_err();
    assert_eq!(refused.problem().unwrap().errors[0].field, "query");
    admin.delete_segment("휴면 & CO?").await.unwrap();
    assert_eq!(admin.delete_segment("휴면 & co?").await.unwrap_err().status(), Some(404));
}

async fn outbox(admin: &Client) {
    let list = OutboxList { state: Some(MailState::Failed), page_size: Some(5), ..OutboxList::default() };
    let page = admin.outbox(&list).await.unwrap();
    assert_eq!((page.page, page.page_size, page.items.is_empty()), (1, 5, true));
    assert_eq!(admin.retry_mail(i64::MAX).await.unwrap_err().code(), Some("mail-not-found"));
    assert_eq!(admin.cancel_mail(i64::MAX).await.unwrap_err().code(), Some("mail-not-found"));
}

async fn own_account(anonymous: &Client) {
    let bob = anonymous.with_token(anonymous.login("bob", "test123").await.unwrap().access_token);
    let export = bob.export_account().await.unwrap();
    assert_eq!((export.account.user_id.as_str(), export.sessions.len()), ("bob", 1));
    let deleted = bob.delete_account("test123").await.unwrap();
    let pending = anonymous.login("bob", "test123").await.unwrap_err();
    assert_eq!(pending.code(), Some("account-deletion-pending"));
    assert_eq!(pending.problem().unwrap().extensions.purge_at, Some(deleted.purge_at));
    let restore = LoginRequest { user_id: "bob".into(), password: "test123".into(), device_token: None, restore: true };
    assert_eq!(anonymous.login_with(&restore).await.unwrap().user_id, "bob");
}

#[tokio::test]
async fn a_problem_is_returned_as_the_api_sends_it() {
    let deployment = Deployment::start(Shape::Sqlite).await;
    let anonymous = Client::new(deployment.api.base()).unwrap();
    let error = anonymous.login("admin", "").await.unwrap_err();
    let problem = error.problem().unwrap();
    assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, "password"));
    assert!(error.to_string().contains("password"), "{error}");
    assert_eq!(anonymous.me().await.unwrap_err().status(), Some(401));
    let nowhere = Client::new("http://127.0.0.1:1").unwrap();
    assert!(matches!(nowhere.me().await, Err(Error::Unreachable(_))));
}
