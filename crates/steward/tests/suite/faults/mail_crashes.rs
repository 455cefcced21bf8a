//! Processes that send mails, or cause them, are killed. A mail is sent at least once, and again only with the same id.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use steward_domain::ports::IdGenerator;
use steward_testkit::TestIds;
use steward_testkit::http::{Api, Call, Response};
use steward_testkit::servers::smtp::{Fault, SmtpServer, Step};

use crate::support::{Deployment, Mail, Process, Shape, WORKER, launch, outbox, read_all, until};

/// The moment at which the sending process is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// The server has the whole mail, and has not replied.
    BeforeReply,
    /// The server has accepted the mail, and the outcome is not stored.
    BeforeOutcome,
}

/// Statements that make the database refuse the outcome of a mail that was sent.
fn refuse_outcomes(shape: Shape) -> &'static str {
    if shape == Shape::Sqlite {
        "CREATE TRIGGER refuse BEFORE UPDATE ON outbox WHEN NEW.state = 'sent'
         BEGIN SELECT RAISE(ABORT, 'refused by the test'); END"
    } else {
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN RAISE EXCEPTION ''refused by the test''; END';
         CREATE TRIGGER refuse BEFORE UPDATE ON outbox FOR EACH ROW WHEN (NEW.state = 'sent')
         EXECUTE FUNCTION refuse()"
    }
}

fn accept_outcomes(shape: Shape) -> &'static str {
    if shape == Shape::Sqlite { "DROP TRIGGER refuse" } else { "DROP FUNCTION refuse CASCADE" }
}

fn received(server: &SmtpServer) -> Vec<Mail> {
    server.mails().iter().map(|mail| Mail::parse(&mail.content)).collect()
}

async fn until_nothing_is_queued(admin: &Api) {
    let queued = async || admin.get("/api/admin/outbox?state=queued&page_size=1").send().await.expect(200);
    until("no mail is queued", async || queued().await.json()["total"] == 0).await;
}

async fn a_mail_of_a_killed_sender_is_sent_again(shape: Shape, moment: Moment) {
    let server = SmtpServer::start().unwrap();
    let url = server.url();
    let settings = [("STEWARD_MAIL_URL", url.as_str())];
    let mut deployment = Deployment::start_with(shape, &settings).await;
    let admin = deployment.super_admin().await;
    deployment.api.register("earlier", "correct horse").await.expect(201);
    server.wait_for(2);
    until_nothing_is_queued(&admin).await;

    match moment {
        Moment::BeforeReply => server.fail(Step::EndOfContent, Fault::Silence),
        Moment::BeforeOutcome => deployment.database.execute(refuse_outcomes(shape)),
    }
    deployment.api.register("gildong", "correct horse").await.expect(201);
    server.wait_for(3);
    if moment == Moment::BeforeOutcome {
        let is_refused = |line: &str| line.contains("send_mails") && line.contains("a background task failed");
        let sender = deployment.processes.last_mut().unwrap();
        sender.wait_for("the outcome is refused", |line| is_refused(line).then_some(()));
    }
    deployment.processes.iter_mut().for_each(Process::kill);
    if moment == Moment::BeforeOutcome {
        deployment.database.execute(accept_outcomes(shape));
    }
    deployment.database.make_mails_due();
    deployment.restart_with(&settings).await;
    let admin = deployment.super_admin().await;
    until_nothing_is_queued(&admin).await;

    let outbox = outbox(&admin).await;
    let mail = |mail: &Value| (mail["kind"].as_str().unwrap().to_owned(), mail["attempts"].as_u64().unwrap());
    let expected = [("welcome", 1), ("verify_email", 1), ("welcome", 2), ("verify_email", 1)];
    let expected = expected.map(|(kind, attempts)| (kind.to_owned(), attempts));
    assert_eq!(outbox.iter().map(mail).collect::<Vec<_>>(), expected);
    assert!(outbox.iter().all(|mail| mail["state"] == "sent"), "{outbox:?}");
    let mails = received(&server);
    let keys: Vec<_> = outbox.iter().map(|mail| mail["id"].as_i64().unwrap()).collect();
    let sent: Vec<_> = mails.iter().map(Mail::key).collect();
    assert_eq!(sent, [keys[0], keys[1], keys[2], keys[2], keys[3]]);
    assert_eq!(mails[2], mails[3]);
}

#[tokio::test]
async fn a_mail_without_a_reply_is_sent_again_on_sqlite() {
    a_mail_of_a_killed_sender_is_sent_again(Shape::Sqlite, Moment::BeforeReply).await;
}

#[tokio::test]
async fn a_mail_without_a_reply_is_sent_again_on_postgres() {
    a_mail_of_a_killed_sender_is_sent_again(Shape::Postgres, Moment::BeforeReply).await;
}

#[tokio::test]
async fn a_mail_without_an_outcome_is_sent_again_on_sqlite() {
    a_mail_of_a_killed_sender_is_sent_again(Shape::Sqlite, Moment::BeforeOutcome).await;
}

#[tokio::test]
async fn a_mail_without_an_outcome_is_sent_again_on_postgres() {
    a_mail_of_a_killed_sender_is_sent_again(Shape::Postgres, Moment::BeforeOutcome).await;
}

const ROUNDS: usize = 5;
const CLIENTS: usize = 4;

/// The indexes of the processes in a split `Deployment`.
const AUTH: usize = 0;
const WORKERS: usize = 2;

/// The kind and the recipient of each mail whose cause was acknowledged.
type Acknowledged = Arc<Mutex<BTreeSet<(&'static str, String)>>>;

/// Sends a request. Returns the response if it acknowledges a change; `None` if the process or one behind it is gone.
async fn acknowledged(call: Call) -> Option<Response> {
    let response = call.try_send().await.ok()?;
    assert!(matches!(response.status(), 200..=299 | 500..=599), "{response:?}");
    (response.status() < 300).then_some(response)
}

/// Registers users who request a change of their address and a new password, and invites others, until the stop.
async fn cause_mails(api: Api, admin: Api, prefix: String, log: Acknowledged, stop: Arc<AtomicBool>) {
    for number in 0.. {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        let user_id = format!("{prefix}-{number}");
        let [address, new, guest] = ["", "new-", "guest-"].map(|kind| format!("{kind}{user_id}@example.com"));
        let note = |kind, address: &str| {
            log.lock().unwrap().insert((kind, address.to_owned()));
        };
        let account = json!({"user_id": user_id, "email": address, "name": user_id, "password": "correct horse"});
        if acknowledged(api.post("/api/auth/register").json(account)).await.is_some() {
            note("welcome", &address);
            note("verify_email", &address);
            let login = json!({"user_id": user_id, "password": "correct horse"});
            if let Some(session) = acknowledged(api.post("/api/auth/login").json(login)).await {
                let user = api.with_token(session.text("access_token"));
                let change = json!({"new_email": new, "password": "correct horse"});
                if acknowledged(user.post("/api/auth/change-email").json(change)).await.is_some() {
                    note("confirm_email_change", &new);
                }
            }
            if acknowledged(api.post("/api/auth/forgot-password").json(json!({"user_id": user_id}))).await.is_some() {
                note("reset_password", &address);
            }
        }
        if acknowledged(admin.post("/api/admin/invitations").json(json!({"email": guest}))).await.is_some() {
            note("invitation", &guest);
        }
    }
}

/// Starts a killed process of a split deployment again, at its address.
fn start_again(deployment: &mut Deployment, index: usize, settings: &[(&str, &str)]) {
    let (service, url) = if index == AUTH { ("auth", &deployment.auth) } else { (WORKER, &deployment.worker) };
    let address = url.trim_start_matches("http://");
    let mut process = launch(deployment.folder.path(), &deployment.database.url(), &["serve", "--only", service])
        .with_all(settings)
        .with(&format!("STEWARD_{}_ADDR", service.to_uppercase()), address)
        .start();
    process.address_of(service);
    deployment.processes[index] = process;
}

/// Kills processes in the middle of requests and mails, and starts them again. `victims` are the processes of each round
/// in a split deployment.
async fn every_acknowledged_change_has_its_mail(shape: Shape, victims: [&[usize]; ROUNDS]) {
    let server = SmtpServer::start().unwrap();
    let url = server.url();
    let settings = [("STEWARD_MAIL_URL", url.as_str())];
    let mut deployment = Deployment::start_with(shape, &settings).await;
    let mut admin = deployment.super_admin().await;
    let (log, ids) = (Acknowledged::default(), TestIds::seeded(11));
    for (round, victims) in victims.into_iter().enumerate() {
        let stop = Arc::new(AtomicBool::new(false));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (api, log, stop) = (deployment.api.clone(), Arc::clone(&log), Arc::clone(&stop));
                tokio::spawn(cause_mails(api, admin.clone(), format!("load{round}-{client}"), log, stop))
            })
            .collect();
        // After numbers of changes and mails that differ per round, whatever the pace.
        let [changes, mails, ..] = *ids.session_id().as_bytes();
        let changes = log.lock().unwrap().len() + 5 + usize::from(changes) % 60;
        let mails = server.accepted() + 1 + usize::from(mails) % 30;
        let is_enough = || log.lock().unwrap().len() >= changes && server.accepted() >= mails;
        until("enough changes are acknowledged, and enough mails sent", async || is_enough()).await;
        for &index in victims {
            deployment.processes[index].kill();
        }
        stop.store(true, Ordering::SeqCst);
        for client in clients {
            client.await.unwrap();
        }
        if victims.contains(&WORKERS) || shape != Shape::Split {
            deployment.database.make_mails_due();
        }
        if shape == Shape::Split {
            for &index in victims {
                start_again(&mut deployment, index, &settings);
            }
        } else {
            deployment.restart_with(&settings).await;
            admin = admin.moved_to(deployment.api.base());
        }
    }
    // Requests for a new password are resolved in order, so that all are once the last one has its mail.
    deployment.api.post("/api/auth/forgot-password").json(json!({"user_id": "bob"})).send().await.expect(202);
    let is_bobs = |mail: &Value| mail["recipient"] == "bob@example.com";
    until("the last request is resolved", async || outbox(&admin).await.iter().any(is_bobs)).await;
    until_nothing_is_queued(&admin).await;

    let outbox = outbox(&admin).await;
    assert!(outbox.iter().all(|mail| mail["state"] == "sent"), "{outbox:?}");
    let text = |mail: &Value, field: &str| mail[field].as_str().unwrap().to_owned();
    let stored: BTreeSet<_> = outbox.iter().map(|mail| (text(mail, "kind"), text(mail, "recipient"))).collect();
    let log = log.lock().unwrap().clone();
    let lost: Vec<_> = log.iter().filter(|(kind, to)| !stored.contains(&((*kind).to_owned(), to.clone()))).collect();
    assert!(lost.is_empty(), "{lost:?}");

    // A mail may be received twice, but only with the same content.
    let mut mails = BTreeMap::new();
    for mail in received(&server) {
        if let Some(earlier) = mails.insert(mail.key(), mail.clone()) {
            assert_eq!(earlier, mail);
        }
    }
    let keys: BTreeMap<_, _> =
        outbox.iter().map(|mail| (mail["id"].as_i64().unwrap(), text(mail, "recipient"))).collect();
    assert_eq!(mails.into_iter().map(|(key, mail)| (key, mail.to)).collect::<BTreeMap<_, _>>(), keys);

    let entries = read_all(&admin, "/api/admin/audit-logs").await;
    for (kind, action) in [
        ("welcome", "USER_CREATED"),
        ("verify_email", "USER_CREATED"),
        ("confirm_email_change", "EMAIL_CHANGE_REQUESTED"),
        ("reset_password", "PASSWORD_RESET_REQUESTED"),
        ("invitation", "INVITATION_SENT"),
    ] {
        let of_kind = outbox.iter().filter(|mail| mail["kind"] == kind).count();
        // The sample users were created without mails.
        let is_sample = |entry: &Value| action == "USER_CREATED" && entry["admin_id"] == "system";
        let causes = entries.iter().filter(|entry| entry["action"] == action && !is_sample(entry)).count();
        assert_eq!(of_kind, causes, "{kind}");
    }
}

#[tokio::test]
async fn every_acknowledged_change_has_its_mail_in_one_process_on_sqlite() {
    every_acknowledged_change_has_its_mail(Shape::Sqlite, [&[0]; ROUNDS]).await;
}

#[tokio::test]
async fn every_acknowledged_change_has_its_mail_in_a_process_per_service() {
    let victims: [&[usize]; ROUNDS] = [&[WORKERS], &[AUTH], &[WORKERS, AUTH], &[WORKERS], &[AUTH, WORKERS]];
    every_acknowledged_change_has_its_mail(Shape::Split, victims).await;
}
