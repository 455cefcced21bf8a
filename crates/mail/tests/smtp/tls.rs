//! TLS to the mail server: required, and only to a server with a trusted certificate.

use steward_mail::{ConnectError, connect};
use steward_testkit::contracts::mailer::a_mail;
use steward_testkit::servers::Certificate;
use steward_testkit::servers::smtp::{Fault, SmtpOptions, SmtpServer, SmtpTls, Step};

use super::{mailer, settings, temporary};

fn server(tls: SmtpTls) -> SmtpServer {
    SmtpServer::start_with(SmtpOptions { tls, credentials: Some(("steward", "ssword9")), utf8: false }).unwrap()
}

#[tokio::test]
async fn a_trusted_certificate_encrypts_password_and_mail() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = Certificate::self_signed(folder.path()).unwrap();
    for tls in [SmtpTls::StartTls(certificate.clone()), SmtpTls::Implicit(certificate.clone())] {
        let server = server(tls);
        let mut settings = settings(&server);
        settings.extra_roots = Some(std::fs::read(&certificate.certificate).unwrap());
        let mailer = connect(&settings).unwrap();
        mailer.send(&a_mail("1")).await.unwrap();
        mailer.send(&a_mail("2")).await.unwrap();
        let mails = server.mails();
        assert!(mails.len() == 2 && mails.iter().all(|mail| mail.is_encrypted && mail.user.is_some()), "{mails:?}");
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test]
async fn an_untrusted_certificate_gets_neither_password_nor_mail() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = Certificate::self_signed(folder.path()).unwrap();
    for tls in [SmtpTls::StartTls(certificate.clone()), SmtpTls::Implicit(certificate)] {
        let server = server(tls);
        let text = temporary(mailer(&server).send(&a_mail("1")).await);
        assert!(text.starts_with("TLS with 127.0.0.1:") && text.contains("certificate"), "{text}");
        assert!(server.mails().is_empty());
    }
}

#[tokio::test]
async fn a_server_without_tls_gets_neither_password_nor_mail() {
    let server = SmtpServer::start().unwrap();
    for scheme in ["smtp", "smtps"] {
        let mut settings = settings(&server);
        settings.url = server.url().replace("smtp+insecure", scheme).parse().unwrap();
        let text = temporary(connect(&settings).unwrap().send(&a_mail("1")).await);
        assert!(text.contains("127.0.0.1:"), "{text}");
    }
    assert!(server.mails().is_empty());
}

#[tokio::test]
async fn a_refused_starttls_ends_the_attempt() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = Certificate::self_signed(folder.path()).unwrap();
    let server = server(SmtpTls::StartTls(certificate.clone()));
    let mut settings = settings(&server);
    settings.extra_roots = Some(std::fs::read(&certificate.certificate).unwrap());
    let mailer = connect(&settings).unwrap();
    for fault in [Fault::Reply("454 4.7.0 TLS is not available"), Fault::Disconnect] {
        server.fail(Step::StartTls, fault);
        let text = temporary(mailer.send(&a_mail("1")).await);
        assert!(text.contains("STARTTLS"), "{text}");
        assert!(server.mails().is_empty());
    }
    mailer.send(&a_mail("1")).await.unwrap();
}

#[test]
fn certificates_that_cannot_be_read_are_reported() {
    let server = SmtpServer::start().unwrap();
    let mut settings = settings(&server);
    settings.url = "smtps://mail.example".parse().unwrap();
    settings.extra_roots = Some(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec());
    let result = connect(&settings).map(|_| ());
    assert!(matches!(result, Err(ConnectError::Tls(_))), "{result:?}");
}
