//! Calls from other services, in the process and over HTTP: both adapters behave alike.

use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use futures_util::future::join_all;
use steward_contracts::services::http::{HttpAuthenticator, HttpCredentials, ServiceSettings, TokenBatcher};
use steward_contracts::services::{
    AuthenticateError, Authenticator, CreateUserError, Credentials, CredentialsError, FirstPassword, InviteError,
    RequestedUser, ServiceKey,
};
use steward_domain::policy::Denied;
use steward_domain::ports::UniqueKey;
use steward_domain::{DisplayName, Email, Locale, Origin, Password, Role};
use steward_ephemeral::Memory;
use steward_testkit::{a_user, at, user_id};
use steward_web::ServiceGate;

use crate::testing::{PASSWORD, TestApp, link_token};

struct Adapters {
    authenticator: Rc<dyn Authenticator>,
    credentials: Rc<dyn Credentials>,
    server: Option<ServerHandle>,
}

/// Returns an app for each adapter, with the adapters of its service.
async fn app_per_adapter() -> [(TestApp, Adapters); 2] {
    let (local, remote) = (set_up().await, set_up().await);
    let in_process = Adapters {
        authenticator: Rc::new(Arc::clone(&local.service)),
        credentials: Rc::new(Arc::clone(&local.service)),
        server: None,
    };
    let remote_adapters = over_http(&remote, b"the key that services share");
    [(local, in_process), (remote, remote_adapters)]
}

async fn set_up() -> TestApp {
    let app = TestApp::new().await;
    for user in [a_user("root").super_admin(), a_user("boss").admin(), a_user("alice")] {
        app.create(user).await;
    }
    app
}

/// Serves the app's service, and returns adapters that sign with `key`.
fn over_http(app: &TestApp, key: &[u8]) -> Adapters {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let settings = ServiceSettings {
        url: listener.local_addr().unwrap().into(),
        key: ServiceKey::new(key),
        deadline: Duration::from_secs(30),
        clock: app.clock.clone(),
        ids: app.ports.ids.clone(),
    };
    let gate = Data::new(ServiceGate {
        key: ServiceKey::new(b"the key that services share"),
        clock: app.clock.clone(),
        replay: Arc::new(Memory::new(app.clock.clone())),
    });
    let service = Arc::clone(&app.service);
    let app = move || {
        App::new().app_data(gate.clone()).configure(crate::http::add_data(Arc::clone(&service))).configure(|config| {
            crate::description().internal.iter().for_each(|endpoint| endpoint.mount(config));
        })
    };
    let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap().run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    Adapters {
        authenticator: Rc::new(HttpAuthenticator::new(settings.clone(), TokenBatcher::new(settings.deadline))),
        credentials: Rc::new(HttpCredentials::new(settings)),
        server: Some(handle),
    }
}

impl Adapters {
    async fn stop(self) {
        if let Some(server) = self.server {
            server.stop(false).await;
        }
    }
}

#[actix_web::test]
async fn a_token_returns_its_session_and_the_current_user() {
    for (app, adapters) in app_per_adapter().await {
        let signed_in = app.log_in("boss", PASSWORD).await.unwrap();
        let session = adapters.authenticator.authenticate(&signed_in.token).await.unwrap();
        assert_eq!(session.user, app.user("boss").await);
        assert_eq!((session.expires_at, session.last_seen_at), (at(7 * 24 * 3600), at(0)));
        app.service.logout(session.id).await.unwrap();
        assert!(matches!(adapters.authenticator.authenticate(&signed_in.token).await, Err(AuthenticateError::Invalid)));
        adapters.stop().await;
    }
}

#[actix_web::test]
async fn concurrent_tokens_get_their_own_results() {
    for (app, adapters) in app_per_adapter().await {
        let (boss, alice) = (app.log_in("boss", PASSWORD).await.unwrap(), app.log_in("alice", PASSWORD).await.unwrap());
        let too_long = "x".repeat(4097);
        let tokens = [boss.token.as_str(), "a.b.c", &alice.token, "", &too_long];
        let results = join_all((0..200).map(|n| adapters.authenticator.authenticate(tokens[n % 5]))).await;
        for (n, result) in results.into_iter().enumerate() {
            let expected = [Some("boss"), None, Some("alice"), None, None][n % 5];
            match result {
                Ok(session) => assert_eq!(Some(session.user.user_id.as_str()), expected),
                Err(AuthenticateError::Invalid) => assert_eq!(None, expected),
                Err(error) => panic!("{n}: {error}"),
            }
        }
        adapters.stop().await;
    }
}

#[actix_web::test]
async fn a_reset_returns_the_password_and_records_the_origin() {
    for (app, adapters) in app_per_adapter().await {
        let token = app.log_in("boss", PASSWORD).await.unwrap().token;
        let origin = Origin::new(Some([192, 0, 2, 9].into()), Some("curl/8"));
        let generated = adapters.credentials.reset_password(&token, &user_id("ALICE"), None, &origin).await.unwrap();
        assert_eq!(generated.user_id.as_str(), "alice");
        assert!(app.log_in("alice", generated.temporary_password.expose()).await.is_ok());
        assert_eq!(app.audit_trail().await[0].origin, origin);
        let password = Password::parse("battery staple").unwrap();
        let sent =
            adapters.credentials.reset_password(&token, &user_id("alice"), Some(password), &origin).await.unwrap();
        assert_eq!(sent.temporary_password.expose(), "battery staple");
        adapters.stop().await;
    }
}

#[actix_web::test]
async fn a_caller_who_must_change_the_password_cannot_reset_passwords() {
    for (app, adapters) in app_per_adapter().await {
        let root = app.log_in("root", PASSWORD).await.unwrap().token;
        let reset =
            adapters.credentials.reset_password(&root, &user_id("boss"), None, &Origin::default()).await.unwrap();
        let boss = app.log_in("boss", reset.temporary_password.expose()).await.unwrap().token;
        assert!(adapters.authenticator.authenticate(&boss).await.unwrap().user.must_change_password);
        assert!(!adapters.authenticator.authenticate(&root).await.unwrap().user.must_change_password);
        let result = adapters.credentials.reset_password(&boss, &user_id("alice"), None, &Origin::default()).await;
        assert!(matches!(result, Err(CredentialsError::Denied(Denied::PasswordChangeRequired))), "{result:?}");
        adapters.stop().await;
    }
}

#[actix_web::test]
async fn a_rejection_has_its_reason() {
    for (app, adapters) in app_per_adapter().await {
        let token = app.log_in("boss", PASSWORD).await.unwrap().token;
        let reset = |token: String, target: &'static str| {
            let credentials = Rc::clone(&adapters.credentials);
            async move {
                let result = credentials.reset_password(&token, &user_id(target), None, &Origin::default()).await;
                result.unwrap_err()
            }
        };
        assert!(matches!(reset("a.b.c".to_owned(), "alice").await, CredentialsError::Unauthenticated));
        assert!(matches!(reset(token.clone(), "unknown").await, CredentialsError::NotFound));
        let weak = Some(Password::parse("password123").unwrap());
        let weak = adapters.credentials.reset_password(&token, &user_id("alice"), weak, &Origin::default()).await;
        let Err(CredentialsError::WeakPassword(rejection)) = weak else { panic!("{weak:?}") };
        assert!(rejection.reason.contains("breached"), "{rejection}");
        assert_eq!(rejection.weaknesses[0].code, "breached");
        let denied = reset(token, "root").await;
        assert!(matches!(denied, CredentialsError::Denied(Denied::TargetIsAdministrator)), "{denied}");
        adapters.stop().await;
    }
}

#[actix_web::test]
async fn a_link_to_set_a_password_is_mailed_or_has_the_reason_why_not() {
    for (app, adapters) in app_per_adapter().await {
        app.create(a_user("eve").inactive()).await;
        let token = app.log_in("boss", PASSWORD).await.unwrap().token;
        let origin = Origin::new(Some([192, 0, 2, 9].into()), Some("curl/8"));
        let send = async |caller: &str, target: &str| {
            adapters.credentials.send_password_link(caller, &user_id(target), &origin).await
        };
        let sent = send(&token, "ALICE").await.unwrap();
        assert_eq!((sent.user_id.as_str(), sent.recipient.as_str()), ("alice", "alice@example.com"));
        assert_eq!(app.audit_trail().await[0].origin, origin);
        assert!(matches!(send("a.b.c", "alice").await, Err(CredentialsError::Unauthenticated)));
        assert!(matches!(send(&token, "eve").await, Err(CredentialsError::Inactive)));
        assert!(matches!(send(&token, "unknown").await, Err(CredentialsError::NotFound)));
        assert!(matches!(send(&token, "root").await, Err(CredentialsError::Denied(Denied::TargetIsAdministrator))));
        adapters.stop().await;
    }
}

#[actix_web::test]
async fn a_generated_link_has_the_hash_of_the_token_that_its_mail_gets() {
    for (_, adapters) in app_per_adapter().await {
        let (one, other) =
            (adapters.credentials.generate_link().await.unwrap(), adapters.credentials.generate_link().await.unwrap());
        assert_ne!(one.id, other.id);
        for link in [one, other] {
            assert_eq!(link_token(link.id).hash(), link.token_hash);
        }
        adapters.stop().await;
    }
}

#[actix_web::test]
async fn an_invitation_is_sent_and_sent_again() {
    for (app, adapters) in app_per_adapter().await {
        let token = app.log_in("boss", PASSWORD).await.unwrap().token;
        let origin = Origin::new(Some([192, 0, 2, 9].into()), Some("curl/8"));
        let kim = Email::parse("kim@example.com").unwrap();
        let korean = Locale::parse("ko").ok();
        let sent = adapters.credentials.invite(&token, &kim, Role::User, korean.clone(), &origin).await.unwrap();
        assert_eq!(sent.locale, korean);
        assert_eq!((&sent.address, sent.role, sent.inviter_id.as_str()), (&kim, Role::User, "boss"));
        assert_eq!(app.audit_trail().await[0].origin, origin);
        app.clock.set(at(60));
        let again = adapters.credentials.resend_invitation(&token, sent.id, &origin).await.unwrap();
        assert_eq!((again.id, again.expires_at), (sent.id, at(7 * 24 * 3600 + 60)));
        adapters.stop().await;
    }
}

#[actix_web::test]
async fn a_rejected_invitation_has_its_reason() {
    for (app, adapters) in app_per_adapter().await {
        let token = app.log_in("boss", PASSWORD).await.unwrap().token;
        let (credentials, origin) = (&adapters.credentials, Origin::default());
        let kim = Email::parse("kim@example.com").unwrap();
        let result = credentials.invite("a.b.c", &kim, Role::User, None, &origin).await;
        assert!(matches!(result, Err(InviteError::Unauthenticated)), "{result:?}");
        let result = credentials.invite(&token, &kim, Role::Admin, None, &origin).await;
        assert!(matches!(result, Err(InviteError::Denied(Denied::TargetIsAdministrator))), "{result:?}");
        let alice = Email::parse("alice@example.com").unwrap();
        let result = credentials.invite(&token, &alice, Role::User, None, &origin).await;
        assert!(matches!(result, Err(InviteError::Registered)), "{result:?}");
        credentials.invite(&token, &kim, Role::User, None, &origin).await.unwrap();
        let result = credentials.invite(&token, &kim, Role::User, None, &origin).await;
        assert!(matches!(result, Err(InviteError::Pending)), "{result:?}");
        let result = credentials.resend_invitation(&token, 99, &origin).await;
        assert!(matches!(result, Err(InviteError::NotFound)), "{result:?}");
        adapters.stop().await;
    }
}

fn kim() -> RequestedUser {
    RequestedUser {
        user_id: user_id("Kim"),
        email: Email::parse("kim@example.com").unwrap(),
        name: DisplayName::parse("김민서").unwrap(),
        role: Role::User,
        is_active: true,
        first_password: FirstPassword::Generated,
    }
}

#[actix_web::test]
async fn a_user_is_created_with_each_kind_of_first_password() {
    for (app, adapters) in app_per_adapter().await {
        let token = app.log_in("root", PASSWORD).await.unwrap().token;
        let origin = Origin::new(Some([192, 0, 2, 9].into()), Some("curl/8"));
        let created = adapters.credentials.create_user(&token, kim(), &origin).await.unwrap();
        assert_eq!((created.user.user_id.as_str(), created.user.must_change_password), ("Kim", true));
        assert_eq!(created.user, app.user("kim").await);
        assert!(app.log_in("kim", created.temporary_password.unwrap().expose()).await.is_ok());
        assert_eq!(app.audit_trail().await[0].origin, origin);
        let chosen = FirstPassword::Chosen(Password::parse("battery staple").unwrap());
        for (n, first_password) in [chosen, FirstPassword::ByMail].into_iter().enumerate() {
            let user_id = user_id(&format!("lee{n}"));
            let email = Email::parse(&format!("{user_id}@example.com")).unwrap();
            let user = RequestedUser { user_id, email, role: Role::Admin, is_active: n == 1, first_password, ..kim() };
            let created = adapters.credentials.create_user(&token, user, &origin).await.unwrap();
            assert_eq!((created.user.role, created.user.is_active), (Role::Admin, n == 1));
            assert!(created.temporary_password.is_none());
        }
        adapters.stop().await;
    }
}

#[actix_web::test]
async fn a_rejected_user_has_its_reason() {
    for (app, adapters) in app_per_adapter().await {
        let token = app.log_in("boss", PASSWORD).await.unwrap().token;
        let (credentials, origin) = (&adapters.credentials, Origin::default());
        let create = async |user| credentials.create_user(&token, user, &origin).await.unwrap_err();
        let result = credentials.create_user("a.b.c", kim(), &origin).await;
        assert!(matches!(result, Err(CreateUserError::Unauthenticated)), "{result:?}");
        let error = create(RequestedUser { role: Role::Admin, ..kim() }).await;
        assert!(matches!(error, CreateUserError::Denied(Denied::TargetIsAdministrator)), "{error}");
        let error = create(RequestedUser { user_id: user_id("ALICE"), ..kim() }).await;
        assert!(matches!(error, CreateUserError::Taken(UniqueKey::UserId)), "{error}");
        let error = create(RequestedUser { email: Email::parse("alice@example.com").unwrap(), ..kim() }).await;
        assert!(matches!(error, CreateUserError::Taken(UniqueKey::Email)), "{error}");
        let error = create(RequestedUser { user_id: user_id("support"), ..kim() }).await;
        assert!(matches!(error, CreateUserError::ReservedId), "{error}");
        let weak = FirstPassword::Chosen(Password::parse("password123").unwrap());
        let error = create(RequestedUser { first_password: weak, ..kim() }).await;
        assert!(matches!(error, CreateUserError::WeakPassword(_)), "{error}");
        adapters.stop().await;
    }
}

#[actix_web::test]
async fn calls_to_a_silent_service_end_at_the_deadline() {
    let app = set_up().await;
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let deadline = Duration::from_secs(2);
    let settings = ServiceSettings {
        url: silent.local_addr().unwrap().into(),
        key: ServiceKey::new(b"the key that services share"),
        deadline,
        clock: app.clock.clone(),
        ids: app.ports.ids.clone(),
    };
    let authenticator = HttpAuthenticator::new(settings, TokenBatcher::new(deadline));
    // More tokens than all concurrent calls can hold.
    let tokens: Vec<String> = (0..600).map(|n| n.to_string()).collect();
    let requests = join_all(tokens.iter().map(|token| authenticator.authenticate(token)));
    let results = tokio::time::timeout(Duration::from_millis(3_500), requests).await.unwrap();
    assert!(results.iter().all(|result| matches!(result, Err(AuthenticateError::Unavailable(_)))));
}

#[actix_web::test]
async fn calls_signed_with_another_key_fail() {
    let app = set_up().await;
    let token = app.log_in("boss", PASSWORD).await.unwrap().token;
    let adapters = over_http(&app, b"another key");
    let result = adapters.authenticator.authenticate(&token).await;
    assert!(matches!(result, Err(AuthenticateError::Unavailable(_))), "{result:?}");
    let reset = adapters.credentials.reset_password(&token, &user_id("alice"), None, &Origin::default()).await;
    assert!(matches!(reset, Err(CredentialsError::Unavailable(_))), "{reset:?}");
    assert_eq!(app.audit_trail().await.len(), 3, "only the three created users");
    adapters.stop().await;
}
