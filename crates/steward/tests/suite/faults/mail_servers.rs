//! A mail server that fails: mails wait in the outbox with the error, and requests do not wait for them.

use serde_json::{Value, json};
use steward_testkit::http::Api;
use steward_testkit::servers::Certificate;
use steward_testkit::servers::smtp::{Fault, SmtpOptions, SmtpServer, SmtpTls, Step};

use crate::support::{Deployment, Mail, Shape, WORKER, outbox, until};

/// Waits until the mails to an address satisfy a condition, and returns them, oldest first.
async fn until_mails(what: &str, admin: &Api, address: &str, is_so: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let mut mails = Vec::new();
    until(what, async || {
        mails = outbox(admin).await;
        mails.retain(|mail| mail["recipient"] == address);
        is_so(&mails)
    })
    .await;
    mails
}

/// Waits until the first attempt to send the first mail to an address has failed, and returns the error.
async fn first_error(admin: &Api, address: &str) -> String {
    let has_failed = |mails: &[Value]| mails[0]["last_error"].is_string();
    let mails = until_mails("the first attempt has failed", admin, address, has_failed).await;
    assert_eq!((&mails[0]["state"], &mails[0]["attempts"]), (&json!("queued"), &json!(1)), "{mails:?}");
    // The mails of a recipient stay in order.
    assert_eq!((&mails[1]["state"], &mails[1]["attempts"]), (&json!("queued"), &json!(0)), "{mails:?}");
    mails[0]["last_error"].as_str().unwrap().to_owned()
}

async fn until_sent(admin: &Api, address: &str) -> Vec<Value> {
    let are_sent = |mails: &[Value]| mails.iter().all(|mail| mail["state"] == "sent");
    until_mails("the mails are sent", admin, address, are_sent).await
}

/// The keys of the received mails to an address.
fn received(server: &SmtpServer, address: &str) -> Vec<i64> {
    let mails = server.mails();
    mails.iter().filter(|mail| mail.to == [address]).map(|mail| Mail::parse(&mail.content).key()).collect()
}

#[tokio::test]
async fn mails_wait_with_the_error_until_the_server_accepts_them() {
    let server = SmtpServer::start().unwrap();
    let deployment = Deployment::start_with(Shape::Postgres, &[("STEWARD_MAIL_URL", &server.url())]).await;
    let admin = deployment.super_admin().await;
    // Each of the first four mails meets one of them: no mail that an earlier step stops reaches a later one.
    let faults = [
        (Step::Greeting, Fault::Reply("\u{1}garbage\u{7f}"), "cannot connect to 127.0.0.1:"),
        (Step::Greeting, Fault::Silence, " did not finish within 10s"),
        (Step::Rcpt, Fault::Reply("451 4.7.1 greylisted"), " replied to RCPT: 451 "),
        (Step::Content, Fault::Disconnect, "failed at the mail: "),
    ];
    // Mails to one domain would wait for the silent connection.
    let addresses = ["a", "b", "c", "d"].map(|domain| format!("{domain}@{domain}.example"));
    for (step, fault, _) in faults {
        server.fail(step, fault);
    }
    for address in &addresses {
        let user_id = format!("user-{}", &address[..1]);
        let body = json!({"user_id": user_id, "email": address, "name": user_id, "password": "correct horse"});
        deployment.api.post("/api/auth/register").json(body).send().await.expect(201);
    }
    let mut errors = Vec::new();
    for address in &addresses {
        errors.push(first_error(&admin, address).await);
    }
    assert!(errors.iter().all(|error| !error.contains(char::is_control)), "{errors:?}");
    for (_, fault, expected) in faults {
        let found = errors.iter().filter(|error| error.contains(expected)).count();
        assert_eq!(found, 1, "{fault:?} in {errors:?}");
    }
    assert!(server.mails().is_empty());

    deployment.database.make_mails_due();
    for address in &addresses {
        let keys: Vec<_> = until_sent(&admin, address).await.iter().map(|mail| mail["id"].as_i64().unwrap()).collect();
        assert_eq!((keys.len(), received(&server, address)), (2, keys), "{address}");
    }
}

#[tokio::test]
async fn mails_wait_with_the_error_while_the_server_is_away() {
    let mut server = SmtpServer::start().unwrap();
    server.stop();
    let deployment = Deployment::start_with(Shape::Postgres, &[("STEWARD_MAIL_URL", &server.url())]).await;
    let admin = deployment.super_admin().await;
    deployment.api.register("gildong", "correct horse").await.expect(201);
    let address = "gildong@example.com";
    let error = first_error(&admin, address).await;
    assert!(error.contains("cannot connect to 127.0.0.1") && error.contains("refused"), "{error}");
    server.restart().unwrap();
    deployment.database.make_mails_due();
    until_sent(&admin, address).await;
    assert_eq!(received(&server, address).len(), 2);
}

#[tokio::test]
async fn a_slow_server_gets_each_mail_once_and_delays_no_request() {
    let server = SmtpServer::start().unwrap();
    let deployment = Deployment::start_with(Shape::Postgres, &[("STEWARD_MAIL_URL", &server.url())]).await;
    let admin = deployment.super_admin().await;
    server.fail(Step::Greeting, Fault::Delay);
    deployment.api.register("gildong", "correct horse").await.expect(201);
    until("the server is connected", async || server.connections() == 1).await;
    // The server does not reply before the requests have their responses.
    deployment.api.post("/api/auth/forgot-password").json(json!({"user_id": "bob"})).send().await.expect(202);
    deployment.api.register("cheolsu", "correct horse").await.expect(201);
    admin.post("/api/admin/invitations").json(json!({"email": "guest@example.com"})).send().await.expect(201);
    assert!(server.mails().is_empty());
    server.release();
    for (address, count) in [("gildong", 2), ("bob", 1), ("cheolsu", 2), ("guest", 1)] {
        let address = format!("{address}@example.com");
        let are_sent = |mails: &[Value]| mails.len() == count && mails.iter().all(|mail| mail["state"] == "sent");
        let mails = until_mails("the mails are sent", &admin, &address, are_sent).await;
        assert!(mails.iter().all(|mail| mail["attempts"] == 1), "{mails:?}");
        assert_eq!(received(&server, &address).len(), count, "{address}");
    }
}

/// No process that sends mails runs, so that no request can wait for one.
#[tokio::test]
async fn requests_need_no_process_that_sends_mails() {
    let server = SmtpServer::start().unwrap();
    let mut deployment = Deployment::start_with(Shape::Split, &[("STEWARD_MAIL_URL", &server.url())]).await;
    let at = deployment.processes.len() - 2;
    deployment.processes[at].kill();
    let admin = deployment.super_admin().await;
    deployment.api.register("gildong", "correct horse").await.expect(201);
    deployment.api.post("/api/auth/forgot-password").json(json!({"user_id": "bob"})).send().await.expect(202);
    admin.post("/api/admin/invitations").json(json!({"email": "guest@example.com"})).send().await.expect(201);
    let mails = outbox(&admin).await;
    assert!(mails.len() == 3 && mails.iter().all(|mail| mail["state"] == "queued"), "{mails:?}");
    assert_eq!(server.connections(), 0);

    let folder = deployment.folder.path();
    let again = crate::support::launch(folder, &deployment.database.url(), &["serve", "--only", WORKER]);
    deployment.processes[at] = again.with("STEWARD_MAIL_URL", server.url()).start();
    server.wait_for(4);
}

#[tokio::test]
async fn a_mail_waits_until_the_certificate_of_the_server_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = Certificate::self_signed(folder.path()).unwrap();
    for tls in [SmtpTls::StartTls(certificate.clone()), SmtpTls::Implicit(certificate.clone())] {
        let server = SmtpServer::start_with(SmtpOptions { tls, ..SmtpOptions::default() }).unwrap();
        let url = server.url();
        let mut deployment = Deployment::start_with(Shape::Postgres, &[("STEWARD_MAIL_URL", &url)]).await;
        deployment.api.register("gildong", "correct horse").await.expect(201);
        let admin = deployment.super_admin().await;
        let error = first_error(&admin, "gildong@example.com").await;
        assert!(error.contains("certificate"), "{error}");
        assert!(server.mails().is_empty());

        // The operator adds the certificate to those of the system.
        deployment.database.make_mails_due();
        let trusted = certificate.certificate.to_str().unwrap();
        deployment.restart_with(&[("STEWARD_MAIL_URL", &url), ("SSL_CERT_FILE", trusted)]).await;
        until_sent(&deployment.super_admin().await, "gildong@example.com").await;
        let mails = server.mails();
        assert!(mails.len() == 2 && mails.iter().all(|mail| mail.is_encrypted), "{mails:?}");
    }
}
