//! Connections that are refused, silent or broken, and connections that serve several mails.

use std::sync::Arc;

use steward_mail::connect;
use steward_testkit::contracts::mailer::a_mail;
use steward_testkit::servers::smtp::{Fault, SmtpOptions, SmtpServer, Step};
use tokio::task::JoinSet;

use super::{SHORT, copies, mailer, settings, temporary};

const STEPS: [Step; 8] =
    [Step::Greeting, Step::Ehlo, Step::Auth, Step::Mail, Step::Rcpt, Step::Data, Step::Content, Step::EndOfContent];

fn server_with_password() -> SmtpServer {
    let credentials = Some(("steward", "ssword9"));
    SmtpServer::start_with(SmtpOptions { credentials, ..SmtpOptions::default() }).unwrap()
}

#[tokio::test]
async fn a_refused_connection_is_temporary() {
    let mut server = SmtpServer::start().unwrap();
    let mailer = mailer(&server);
    mailer.send(&a_mail("1")).await.unwrap();
    server.stop();
    let text = temporary(mailer.send(&a_mail("2")).await);
    assert!(text.starts_with("cannot connect to 127.0.0.1:") && text.contains("refused"), "{text}");
    server.restart().unwrap();
    mailer.send(&a_mail("2")).await.unwrap();
    assert_eq!((copies(&server, "1"), copies(&server, "2")), (1, 1));
}

#[tokio::test]
async fn an_unknown_host_is_temporary() {
    let server = SmtpServer::start().unwrap();
    let mut settings = settings(&server);
    settings.url = "smtp://mail.invalid".parse().unwrap();
    let text = temporary(connect(&settings).unwrap().send(&a_mail("1")).await);
    assert!(text.starts_with("cannot resolve mail.invalid:587: "), "{text}");
}

/// The mail is lost only in the server: before its last reply, or with it.
fn expected_copies(step: Step) -> usize {
    // The server has accepted the mail, and only its reply is lost. The second attempt has the same Message-ID.
    if step == Step::EndOfContent { 2 } else { 1 }
}

#[tokio::test]
async fn a_connection_that_breaks_is_temporary_at_every_step() {
    for step in STEPS {
        let server = server_with_password();
        let mailer = mailer(&server);
        server.fail(step, Fault::Disconnect);
        temporary(mailer.send(&a_mail("1")).await);
        mailer.send(&a_mail("1")).await.unwrap();
        assert_eq!(
            (copies(&server, "1"), server.mails().len()),
            (expected_copies(step), expected_copies(step)),
            "{step:?}"
        );
    }
}

/// The attempt ends at the time limit, and its connection is not used again: a late reply would belong to another mail.
#[tokio::test]
async fn a_silent_server_is_temporary_at_every_step() {
    let mut attempts = JoinSet::new();
    for step in STEPS {
        attempts.spawn(async move {
            let server = server_with_password();
            let mut settings = settings(&server);
            settings.timeout = SHORT;
            let mailer = connect(&settings).unwrap();
            server.fail(step, Fault::Silence);
            let text = temporary(mailer.send(&a_mail("1")).await);
            assert!(text.contains("did not finish within 3s"), "{step:?}: {text}");
            mailer.send(&a_mail("1")).await.unwrap();
            assert_eq!(copies(&server, "1"), expected_copies(step), "{step:?}");
            assert_eq!(server.connections(), 2, "{step:?}");
        });
    }
    while let Some(attempt) = attempts.join_next().await {
        attempt.unwrap();
    }
}

#[tokio::test]
async fn one_connection_serves_one_mail_after_the_other() {
    let server = SmtpServer::start().unwrap();
    let mailer = mailer(&server);
    for id in ["1", "2", "3"] {
        mailer.send(&a_mail(id)).await.unwrap();
    }
    let connections: Vec<_> = server.mails().iter().map(|mail| mail.connection).collect();
    assert_eq!((connections, server.connections()), (vec![1, 1, 1], 1));
    assert_eq!(server.mails()[0].client_name, "acme.example");
}

#[tokio::test]
async fn an_unused_connection_that_the_server_closed_is_replaced() {
    let server = SmtpServer::start().unwrap();
    let mailer = mailer(&server);
    mailer.send(&a_mail("1")).await.unwrap();
    for fault in [Fault::Disconnect, Fault::Reply("421 4.4.2 idle for too long")] {
        server.fail(Step::Rset, fault);
        mailer.send(&a_mail("2")).await.unwrap();
    }
    assert_eq!((copies(&server, "2"), server.connections()), (2, 3));
}

#[tokio::test]
async fn concurrent_mails_have_connections_of_their_own() {
    let server = Arc::new(SmtpServer::start().unwrap());
    let mailer = mailer(&server);
    let mut attempts = JoinSet::new();
    for number in 0..30 {
        let mailer = Arc::clone(&mailer);
        attempts.spawn(async move { mailer.send(&a_mail(&number.to_string())).await });
    }
    while let Some(attempt) = attempts.join_next().await {
        attempt.unwrap().unwrap();
    }
    assert!((0..30).all(|number| copies(&server, &number.to_string()) == 1));
}
