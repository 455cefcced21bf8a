//! `steward doctor` and the mail server.

use std::fs;

use mail_parser::MessageParser;
use steward_testkit::servers::smtp::{Fault, SmtpOptions, SmtpServer, Step};
use tempfile::tempdir;

use crate::support::{Finished, Launch, SECRET_KEY};

const TEST_MAIL: &[&str] = &["doctor", "--mail-to", "Ops@Example.com"];

fn server() -> SmtpServer {
    let credentials = Some(("steward", "ssword9"));
    SmtpServer::start_with(SmtpOptions { credentials, ..SmtpOptions::default() }).unwrap()
}

fn run(url: &str, arguments: &[&str]) -> Finished {
    let folder = tempdir().unwrap();
    let launch = Launch::new(folder.path(), arguments).at_any_ports();
    launch.with("STEWARD_MAIL_URL", url).with("STEWARD_MAIL_FROM", "Acme <no-reply@acme.example>").finish()
}

/// The lines of a result of the mail checks.
fn lines(finished: &Finished) -> Vec<&str> {
    finished.stdout.lines().filter(|line| line.contains("  mail      ")).collect()
}

#[test]
fn a_test_mail_arrives() {
    let server = server();
    let finished = run(&server.url(), TEST_MAIL).ok();
    let expected = "ok    mail      the test mail to ops@example.com was passed to SMTP at 127.0.0.1:";
    assert!(lines(&finished)[1].starts_with(expected), "{finished:?}");
    let received = server.mails().remove(0);
    assert_eq!((received.to, received.user.as_deref()), (vec!["ops@example.com".to_owned()], Some("steward")));
    let mail = MessageParser::default().parse(&received.content).unwrap();
    assert_eq!(mail.subject(), Some("Test mail of Acme"));
    assert_eq!(mail.to().unwrap().first().unwrap().address(), Some("ops@example.com"));
    assert_eq!(mail.from().unwrap().first().unwrap().name(), Some("Acme"));
    for text in [mail.body_text(0).unwrap(), mail.body_html(0).unwrap()] {
        assert!(text.contains("Mails arrive") && text.contains("an operator entered this address"), "{text}");
    }
}

#[test]
fn without_a_recipient_the_connection_is_checked() {
    let server = server();
    let finished = run(&server.url(), &["doctor"]).ok();
    let found = lines(&finished);
    assert_eq!(found.len(), 2, "{finished:?}");
    assert!(found[1].ends_with("accepts the connection and the credentials"), "{finished:?}");
    assert!(server.mails().is_empty() && server.connections() == 1);
}

#[test]
fn a_failure_names_its_step() {
    let refused = |arguments, step, reply| {
        let server = server();
        server.fail(step, Fault::Reply(reply));
        run(&server.url(), arguments)
    };
    let no_starttls = |arguments| run(&server().url().replace("smtp+insecure", "smtp"), arguments);
    let nothing_listens = |arguments| {
        let mut server = server();
        server.stop();
        run(&server.url(), arguments)
    };
    let wrong_password = |arguments| run(&server().url().replace("ssword9", "ssword8"), arguments);
    let no_address = |arguments| run("smtp+insecure://u:ssword9@mail.invalid", arguments);
    let doctor: &[&str] = &["doctor"];
    let rcpt = refused(TEST_MAIL, Step::Rcpt, "550 5.1.1 no such user");
    for (finished, step) in [
        (rcpt, "replied to RCPT: 550 5.1.1 no such user"),
        (refused(TEST_MAIL, Step::Auth, "535 5.7.8 not you"), "replied to AUTH: 535 5.7.8 not you"),
        (refused(doctor, Step::Auth, "535 5.7.8 not you"), "replied to AUTH: 535 5.7.8 not you"),
        (wrong_password(doctor), "replied to AUTH: 535 5.7.8 authentication failed"),
        (no_starttls(TEST_MAIL), "failed at STARTTLS: STARTTLS is not supported"),
        (no_starttls(doctor), "failed at STARTTLS: STARTTLS is not supported"),
        (nothing_listens(TEST_MAIL), "cannot connect to 127.0.0.1:"),
        (nothing_listens(doctor), "cannot connect to 127.0.0.1:"),
        (no_address(doctor), "cannot resolve mail.invalid:25: "),
    ] {
        assert_eq!(finished.code, Some(1), "{step}: {finished:?}");
        let failed = lines(&finished)[1];
        assert!(failed.starts_with("fail  mail      ") && failed.contains(step), "{step}: {finished:?}");
        assert!(!finished.stdout.contains("ssword") && !finished.stderr.contains("ssword"), "{finished:?}");
    }
}

#[test]
fn a_folder_gets_the_test_mail() {
    let folder = tempdir().unwrap();
    let mails = folder.path().join("mails");
    let finished = run(&format!("file://{}", mails.display()), TEST_MAIL).ok();
    assert!(lines(&finished)[1].ends_with(&format!("was passed to {}", mails.display())), "{finished:?}");
    assert_eq!(fs::read_dir(mails).unwrap().count(), 1);
}

#[test]
fn without_mail_no_test_mail_is_sent() {
    let folder = tempdir().unwrap();
    let launch = Launch::new(folder.path(), TEST_MAIL).at_any_ports();
    let finished = launch.with("STEWARD_ENV", "staging").with("SECRET_KEY", SECRET_KEY).finish();
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let line = lines(&finished)[0];
    assert!(line.starts_with("fail  mail      ") && line.contains("STEWARD_MAIL_URL"), "{finished:?}");
}

#[test]
fn the_recipient_must_be_an_address() {
    let folder = tempdir().unwrap();
    let refused = Launch::new(folder.path(), &["doctor", "--mail-to", "ops"]).finish();
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("--mail-to <ADDRESS>"), "{refused:?}");
}
