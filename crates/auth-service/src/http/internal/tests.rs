//! What other services ask, asked in the process and over HTTP: both adapters behave alike.

use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use futures_util::future::join_all;
use steward_contracts::services::http::{HttpAuthenticator, HttpCredentials, ServiceSettings, TokenBatcher};
use steward_contracts::services::{AuthenticateError, Authenticator, Credentials, CredentialsError, ServiceKey};
use steward_domain::policy::Denied;
use steward_domain::{Origin, Password};
use steward_ephemeral::Memory;
use steward_testkit::{a_user, at, user_id};
use steward_web::ServiceGate;

use crate::testing::{PASSWORD, TestApp};

struct Asking {
    authenticator: Rc<dyn Authenticator>,
    credentials: Rc<dyn Credentials>,
    server: Option<ServerHandle>,
}

/// A app, and both ways to ask its service.
async fn both() -> [(TestApp, Asking); 2] {
    let (near, far) = (app().await, app().await);
    let in_process = Asking {
        authenticator: Rc::new(Arc::clone(&near.service)),
        credentials: Rc::new(Arc::clone(&near.service)),
        server: None,
    };
    let over_http = over_http(&far, b"the key that services share");
    [(near, in_process), (far, over_http)]
}

async fn app() -> TestApp {
    let app = TestApp::new().await;
    for user in [a_user("root").super_admin(), a_user("boss").admin(), a_user("alice")] {
        app.create(user).await;
    }
    app
}

/// Serves the app's service, and asks with a key that may be another.
fn over_http(app: &TestApp, key: &[u8]) -> Asking {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let settings = ServiceSettings {
        base_url: format!("http://{}", listener.local_addr().unwrap()),
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
        let internal = super::internal(Arc::clone(&service));
        App::new().configure(internal).app_data(gate.clone())
    };
    let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap().run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    Asking {
        authenticator: Rc::new(HttpAuthenticator::new(settings.clone(), TokenBatcher::default())),
        credentials: Rc::new(HttpCredentials::new(settings)),
        server: Some(handle),
    }
}

impl Asking {
    async fn done(self) {
        if let Some(server) = self.server {
            server.stop(false).await;
        }
    }
}

#[actix_web::test]
async fn a_token_is_told_its_session_and_its_user_as_they_are() {
    for (app, ask) in both().await {
        let signed_in = app.log_in("boss", PASSWORD).await.unwrap();
        let session = ask.authenticator.authenticate(&signed_in.token).await.unwrap();
        assert_eq!(session.user, app.user("boss").await);
        assert_eq!((session.expires_at, session.last_seen_at), (at(7 * 24 * 3600), at(0)));
        app.service.logout(session.id).await.unwrap();
        assert!(matches!(ask.authenticator.authenticate(&signed_in.token).await, Err(AuthenticateError::Invalid)));
        ask.done().await;
    }
}

#[actix_web::test]
async fn each_of_many_tokens_at_once_gets_its_own_answer() {
    for (app, ask) in both().await {
        let (boss, alice) = (app.log_in("boss", PASSWORD).await.unwrap(), app.log_in("alice", PASSWORD).await.unwrap());
        let too_long = "x".repeat(4097);
        let tokens = [boss.token.as_str(), "a.b.c", &alice.token, "", &too_long];
        let answers = join_all((0..200).map(|n| ask.authenticator.authenticate(tokens[n % 5]))).await;
        for (n, answer) in answers.into_iter().enumerate() {
            let expected = [Some("boss"), None, Some("alice"), None, None][n % 5];
            match answer {
                Ok(session) => assert_eq!(Some(session.user.user_id.as_str()), expected),
                Err(AuthenticateError::Invalid) => assert_eq!(None, expected),
                Err(error) => panic!("{n}: {error}"),
            }
        }
        ask.done().await;
    }
}

#[actix_web::test]
async fn a_reset_password_comes_back_with_what_it_is_and_where_it_was_asked() {
    for (app, ask) in both().await {
        let token = app.log_in("boss", PASSWORD).await.unwrap().token;
        let origin = Origin::new(Some([192, 0, 2, 9].into()), Some("curl/8"));
        let made_up = ask.credentials.reset_password(&token, &user_id("ALICE"), None, &origin).await.unwrap();
        assert_eq!(made_up.user_id.as_str(), "alice");
        assert!(app.log_in("alice", made_up.temporary_password.expose()).await.is_ok());
        assert_eq!(app.trail().await[0].origin, origin);
        let password = Password::parse("battery staple").unwrap();
        let sent = ask.credentials.reset_password(&token, &user_id("alice"), Some(password), &origin).await.unwrap();
        assert_eq!(sent.temporary_password.expose(), "battery staple");
        ask.done().await;
    }
}

#[actix_web::test]
async fn who_has_to_change_their_password_first_is_told_apart_and_resets_nobodys() {
    for (app, ask) in both().await {
        let root = app.log_in("root", PASSWORD).await.unwrap().token;
        let reset = ask.credentials.reset_password(&root, &user_id("boss"), None, &Origin::default()).await.unwrap();
        let boss = app.log_in("boss", reset.temporary_password.expose()).await.unwrap().token;
        assert!(ask.authenticator.authenticate(&boss).await.unwrap().user.must_change_password);
        assert!(!ask.authenticator.authenticate(&root).await.unwrap().user.must_change_password);
        let answer = ask.credentials.reset_password(&boss, &user_id("alice"), None, &Origin::default()).await;
        assert!(matches!(answer, Err(CredentialsError::Denied(Denied::PasswordChangeRequired))), "{answer:?}");
        ask.done().await;
    }
}

#[actix_web::test]
async fn a_refusal_says_why() {
    for (app, ask) in both().await {
        let token = app.log_in("boss", PASSWORD).await.unwrap().token;
        let reset = |token: String, target: &'static str| {
            let credentials = Rc::clone(&ask.credentials);
            async move { credentials.reset_password(&token, &user_id(target), None, &Origin::default()).await.unwrap_err() }
        };
        assert!(matches!(reset("a.b.c".to_owned(), "alice").await, CredentialsError::Unauthenticated));
        assert!(matches!(reset(token.clone(), "nobody").await, CredentialsError::NotFound));
        let weak = Some(Password::parse("password123").unwrap());
        let weak = ask.credentials.reset_password(&token, &user_id("alice"), weak, &Origin::default()).await;
        let Err(CredentialsError::WeakPassword(reason)) = weak else { panic!("{weak:?}") };
        assert!(reason.to_string().contains("breached"), "{reason}");
        let denied = reset(token, "root").await;
        assert!(matches!(denied, CredentialsError::Denied(Denied::TargetIsAdministrator)), "{denied}");
        ask.done().await;
    }
}

#[actix_web::test]
async fn a_service_that_is_silent_keeps_nobody_longer_than_the_deadline() {
    let app = app().await;
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let settings = ServiceSettings {
        base_url: format!("http://{}", silent.local_addr().unwrap()),
        key: ServiceKey::new(b"the key that services share"),
        deadline: Duration::from_secs(2),
        clock: app.clock.clone(),
        ids: app.ports.ids.clone(),
    };
    let authenticator = HttpAuthenticator::new(settings, TokenBatcher::default());
    // More than go into all calls that may be under way at once.
    let tokens: Vec<String> = (0..600).map(|n| n.to_string()).collect();
    let asking = join_all(tokens.iter().map(|token| authenticator.authenticate(token)));
    let answers = tokio::time::timeout(Duration::from_millis(3_500), asking).await.unwrap();
    assert!(answers.iter().all(|answer| matches!(answer, Err(AuthenticateError::Unavailable(_)))));
}

#[actix_web::test]
async fn a_service_with_another_key_gets_no_answer() {
    let app = app().await;
    let token = app.log_in("boss", PASSWORD).await.unwrap().token;
    let ask = over_http(&app, b"another key");
    let answer = ask.authenticator.authenticate(&token).await;
    assert!(matches!(answer, Err(AuthenticateError::Unavailable(_))), "{answer:?}");
    let reset = ask.credentials.reset_password(&token, &user_id("alice"), None, &Origin::default()).await;
    assert!(matches!(reset, Err(CredentialsError::Unavailable(_))), "{reset:?}");
    assert_eq!(app.trail().await.len(), 3, "the three who were created");
    ask.done().await;
}
