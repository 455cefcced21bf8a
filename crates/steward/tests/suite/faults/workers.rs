//! Background tasks in processes of their own.

use std::collections::{BTreeMap, BTreeSet};

use steward_testkit::http::Api;
use steward_testkit::http::raw::status;
use steward_testkit::servers::smtp::SmtpServer;
use tempfile::tempdir;

use crate::support::{Database, Deployment, Mail, Process, Shape, WORKER, launch, until};

/// A further worker on the database of the deployment, with these settings.
pub(super) fn another_worker(deployment: &Deployment, settings: &[(&str, &str)]) -> (Process, Api) {
    let url = deployment.database.url();
    let launch = launch(deployment.folder.path(), &url, &["serve", "--only", WORKER]);
    let mut process = launch.with_all(settings).start();
    let api = deployment.api.moved_to(&process.address_of(WORKER));
    (process, api)
}

/// The value of a metric of the process at `api`; 0 if there is none.
async fn metric(api: &Api, series: &str) -> u32 {
    let metrics = api.get("/metrics").send().await.expect(200);
    let metrics = String::from_utf8_lossy(metrics.bytes()).into_owned();
    let mut lines = metrics.lines().filter_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    lines.next().map_or(0, |value| value.parse().unwrap())
}

/// The number of runs of a task in the process at `api`.
pub(super) async fn runs(api: &Api, task: &str, outcome: &str) -> u32 {
    metric(api, &format!("steward_task_runs_total{{outcome=\"{outcome}\",task=\"{task}\"}}")).await
}

#[tokio::test]
async fn of_two_workers_one_runs_an_exclusive_task_and_both_consume_queues() {
    let deployment = Deployment::start(Shape::Split).await;
    let first = deployment.api.moved_to(&deployment.worker);
    until("the first worker purges", async || runs(&first, "purge_sessions", "succeeded").await == 1).await;
    let (mut process, second) = another_worker(&deployment, &[]);
    until("the second worker asks for the lease", async || runs(&second, "purge_sessions", "skipped").await == 1).await;
    until("the second worker folds texts", async || runs(&second, "fold_texts", "succeeded").await == 1).await;
    assert_eq!(runs(&second, "purge_sessions", "succeeded").await, 0);
    process.signal("TERM");
    assert_eq!(process.ended().0.code(), Some(0), "{}", process.output());
}

#[tokio::test]
async fn a_worker_purges_for_the_auth_service_once_the_lease_is_free() {
    let deployment = Deployment::start(Shape::Split).await;
    deployment.user().await;
    let first = deployment.api.moved_to(&deployment.worker);
    until("the first worker purges", async || runs(&first, "purge_sign_ins", "succeeded").await == 1).await;
    deployment.database.run("UPDATE sign_in_events SET at = '2020-01-01T00:00:00Z'").unwrap();
    let count = || deployment.database.run("SELECT count(*) FROM sign_in_events").unwrap().trim().to_owned();
    assert_eq!(count(), "1");
    // As if the interval were over.
    deployment.database.run("UPDATE task_leases SET expires_at = '2020-01-01T00:00:00Z'").unwrap();
    let _second = another_worker(&deployment, &[]);
    until("old sign-in attempts are deleted", async || count() == "0").await;
}

#[tokio::test]
async fn a_worker_alone_serves_only_health_and_metrics_and_loads_no_sample_users() {
    let folder = tempdir().unwrap();
    let database = Database::empty_sqlite(folder.path());
    let mut process = launch(folder.path(), &database.url(), &["serve", "--only", WORKER]).start();
    let base = process.address_of(WORKER);
    let get = |path: &str| status(&base, format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    until("the worker is ready", async || get("/health/ready") == Some(200)).await;
    for (path, expected) in [("/health/live", 200), ("/metrics", 200), ("/health", 404), ("/api/auth/me", 404)] {
        assert_eq!(get(path), Some(expected), "{path}");
    }
    process.signal("TERM");
    assert_eq!(process.ended().0.code(), Some(0));
    assert!(!process.output().contains("Database Initialization Complete"), "{}", process.output());
}

/// Its auth service runs tasks only, and may have other keys.
#[tokio::test]
async fn a_worker_beside_the_admin_service_leaves_tokens_to_the_auth_service() {
    const SERVICE_KEY: (&str, &str) = ("STEWARD_SERVICE_KEY", "a service key that only tests know, 32 bytes");
    let deployment = Deployment::start_with(Shape::Split, &[SERVICE_KEY]).await;
    let token = deployment.super_admin().await.token().to_owned();
    let mut process =
        launch(deployment.folder.path(), &deployment.database.url(), &["serve", "--only", "admin", "--only", WORKER])
            .with_all(&[SERVICE_KEY, ("SECRET_KEY", "another secret that only tests know, 32 bytes and more")])
            .with("STEWARD_AUTH_URL", &deployment.auth)
            .start();
    let mixed = deployment.api.moved_to(&process.address_of("admin"));
    mixed.with_token(&token).get("/api/admin/users").send().await.expect(200);
    until("it runs tasks", async || runs(&mixed, "fold_texts", "succeeded").await >= 1).await;
}

#[tokio::test]
async fn two_workers_send_each_mail_once_and_in_order() {
    const PER_BATCH: usize = 200;
    let server = SmtpServer::start().unwrap();
    let url = server.url();
    let settings = [("STEWARD_MAIL_URL", url.as_str())];
    let deployment = Deployment::start_with(Shape::Split, &settings).await;
    let first = deployment.api.moved_to(&deployment.worker);
    let (_process, second) = another_worker(&deployment, &settings);
    let count = |condition: &str| -> usize {
        let rows = deployment.database.run(&format!("SELECT count(*) FROM outbox WHERE {condition}")).unwrap();
        rows.trim().parse().unwrap()
    };
    // Five mails to each recipient in a batch, between mails to others.
    let mut batches = 0;
    until("both workers send mails", async || {
        // There is always a mail to claim, whatever the pace of the other worker.
        if count("state = 'queued'") < PER_BATCH {
            batches += 1;
            deployment.database.execute(&format!(
                "INSERT INTO outbox (kind, address, content, created_at, next_attempt_at)
                    SELECT 'welcome', 'r' || n % ({PER_BATCH} / 5) || '@{batches}.example', '{{}}', now(), now()
                    FROM generate_series(1, {PER_BATCH}) AS n"
            ));
        }
        let sent = "steward_mail_sent_total";
        metric(&first, sent).await > 0 && metric(&second, sent).await > 0
    })
    .await;
    until("all mails are sent", async || count("state = 'queued'") == 0).await;
    assert_eq!((count("true"), count("attempts = 1")), (batches * PER_BATCH, batches * PER_BATCH));

    let mails: Vec<_> = server.mails().iter().map(|mail| Mail::parse(&mail.content)).collect();
    let keys: BTreeSet<_> = mails.iter().map(Mail::key).collect();
    assert_eq!((mails.len(), keys.len()), (batches * PER_BATCH, batches * PER_BATCH), "each mail is sent once");
    let mut last = BTreeMap::new();
    for mail in mails {
        let earlier = last.insert(mail.to.clone(), mail.key());
        assert!(earlier.is_none_or(|earlier| earlier < mail.key()), "{mail:?} after {earlier:?}");
    }
}
