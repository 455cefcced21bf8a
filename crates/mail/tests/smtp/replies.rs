//! Replies of the server: which errors are permanent, and what their texts contain.

use steward_domain::Email;
use steward_testkit::contracts::mailer::a_mail;
use steward_testkit::servers::smtp::{Fault, SmtpOptions, SmtpServer, Step};

use super::{copies, mailer, permanent, temporary};

/// Steps at which the server's reply is about the mail.
const ABOUT_MAIL: [Step; 4] = [Step::Mail, Step::Rcpt, Step::Data, Step::EndOfContent];

/// Steps at which the server's reply is about the connection.
const ABOUT_CONNECTION: [Step; 3] = [Step::Greeting, Step::Ehlo, Step::Auth];

fn server_with_password() -> SmtpServer {
    let credentials = Some(("steward", "ssword9"));
    SmtpServer::start_with(SmtpOptions { credentials, ..SmtpOptions::default() }).unwrap()
}

#[tokio::test]
async fn a_rejected_mail_is_permanent_and_a_deferred_one_temporary() {
    for step in ABOUT_MAIL {
        let server = server_with_password();
        let mailer = mailer(&server);
        server.fail(step, Fault::Reply("450 4.2.1 try\tlater"));
        let text = temporary(mailer.send(&a_mail("1")).await);
        assert!(text.contains("127.0.0.1:") && text.ends_with(": 450 4.2.1 try later"), "{step:?}: {text}");
        server.fail(step, Fault::Reply("550 5.7.1 never"));
        let text = permanent(mailer.send(&a_mail("1")).await);
        assert!(text.ends_with(": 550 5.7.1 never"), "{step:?}: {text}");
        mailer.send(&a_mail("1")).await.unwrap();
        assert_eq!(
            (copies(&server, "1"), server.connections()),
            (1, 1),
            "{step:?}: one connection serves all attempts"
        );
    }
}

/// The operator can correct the connection or the credentials. A permanent error would lose every mail until then.
#[tokio::test]
async fn a_rejected_connection_is_temporary() {
    for step in ABOUT_CONNECTION {
        let server = server_with_password();
        let mailer = mailer(&server);
        for reply in ["421 4.3.2 shutting down", "554 5.7.0 not you"] {
            server.fail(step, Fault::Reply(reply));
            let text = temporary(mailer.send(&a_mail("1")).await);
            assert!(text.ends_with(reply), "{step:?}: {text}");
        }
        mailer.send(&a_mail("1")).await.unwrap();
        assert_eq!(copies(&server, "1"), 1);
    }
}

#[tokio::test]
async fn the_password_authenticates_and_a_wrong_one_is_not_shown() {
    let server = server_with_password();
    mailer(&server).send(&a_mail("1")).await.unwrap();
    assert_eq!(server.mails()[0].user.as_deref(), Some("steward"));
    let mut settings = super::settings(&server);
    settings.url = server.url().replace("ssword9", "wr%40ng%20ssword8").parse().unwrap();
    let text = temporary(steward_mail::connect(&settings).unwrap().send(&a_mail("2")).await);
    assert!(text.contains("AUTH") && text.contains("535 5.7.8") && !text.contains("ssword8"), "{text}");
    settings.url = server.url().replace("steward:ssword9@", "").parse().unwrap();
    let text = permanent(steward_mail::connect(&settings).unwrap().send(&a_mail("3")).await);
    assert!(text.contains("530 5.7.0 authentication required"), "{text}");
}

#[tokio::test]
async fn a_server_without_authentication_gets_no_password() {
    let server = SmtpServer::start().unwrap();
    let mut settings = super::settings(&server);
    settings.url = server.url().replace("://", "://steward:ssword9@").parse().unwrap();
    let text = temporary(steward_mail::connect(&settings).unwrap().send(&a_mail("1")).await);
    assert!(text.contains("AUTH") && !text.contains("ssword9"), "{text}");
}

/// A filter may quote the part of the mail that it rejects.
#[tokio::test]
async fn a_reply_that_quotes_the_link_does_not_show_its_token() {
    let server = SmtpServer::start().unwrap();
    let quoted = "554 5.7.1 blocked link https://accounts.example.com/reset-password?token=abc_DEF-123";
    server.fail(Step::EndOfContent, Fault::Reply(quoted));
    let text = permanent(mailer(&server).send(&a_mail("1")).await);
    assert!(text.contains("554 5.7.1 blocked link") && !text.contains("abc_DEF"), "{text}");
}

#[tokio::test]
async fn a_long_or_unreadable_reply_is_temporary_and_cut() {
    const LONG: &str = concat!("451 ", include_str!("replies.rs"));
    let long: &'static str = Box::leak(LONG.replace(['\r', '\n'], " ").into_boxed_str());
    for reply in [long, "garbage", "\u{0}\u{1}\u{7f}", "999 what", "250", "", "2500 x", "ü"] {
        let server = SmtpServer::start().unwrap();
        let mailer = mailer(&server);
        server.fail(Step::Rcpt, Fault::Reply(reply));
        let text = temporary(mailer.send(&a_mail("1")).await);
        assert!(text.chars().count() < 500 && !text.contains(char::is_control), "{text}");
        mailer.send(&a_mail("1")).await.unwrap();
        assert_eq!(copies(&server, "1"), 1);
    }
}

#[tokio::test]
async fn an_address_that_is_not_ascii_needs_a_server_that_supports_it() {
    let mut mail = a_mail("1");
    mail.recipient.address = Email::parse("홍길동@example.com").unwrap();
    let server = SmtpServer::start().unwrap();
    let text = permanent(mailer(&server).send(&mail).await);
    assert!(text.contains("SMTPUTF8"), "{text}");
    let server = SmtpServer::start_with(SmtpOptions { utf8: true, ..SmtpOptions::default() }).unwrap();
    mailer(&server).send(&mail).await.unwrap();
    assert_eq!(server.mails()[0].to, ["홍길동@example.com"]);
    // Every domain has an ASCII form.
    mail.recipient.address = Email::parse("m@münchen.example").unwrap();
    let server = SmtpServer::start().unwrap();
    mailer(&server).send(&mail).await.unwrap();
    assert_eq!(server.mails()[0].to, ["m@xn--mnchen-3ya.example"]);
}
