//! The clock moves over the end of each period. The times of the rows move into the past instead, which is equivalent.

use futures_util::future::join_all;
use serde_json::json;
use steward_testkit::http::{Api, Response};

use super::workers::{another_worker, runs};
use crate::support::{Deployment, Mail, Shape, link_token, mails, until};

const HOUR: u32 = 60;
const DAY: u32 = 24 * HOUR;

/// The purposes of links, and their validity in minutes.
const LINKS: [(&str, u32); 5] = [
    ("reset_password", 30),
    ("verify_email", DAY),
    ("change_email", DAY),
    ("undo_email_change", DAY),
    ("accept_invitation", 7 * DAY),
];

async fn post(api: &Api, path: &str, body: serde_json::Value) -> Response {
    api.post(path).json(body).send().await
}

/// Waits for a link with this purpose and address, and returns its token.
async fn token(deployment: &Deployment, purpose: &str, address: &str) -> String {
    let mut token = None;
    until("the link is stored", async || {
        token = link_token(&deployment.database, purpose, address);
        token.is_some()
    })
    .await;
    token.unwrap()
}

/// Registers a user and causes a link with this purpose. Returns its address and its token.
async fn link(deployment: &Deployment, admin: &Api, purpose: &str, user_id: &str) -> (String, String) {
    let api = &deployment.api;
    api.register(user_id, "correct horse").await.expect(201);
    let (own, new) = (format!("{user_id}@example.com"), format!("new-{user_id}@example.com"));
    if purpose.ends_with("email_change") || purpose == "change_email" {
        let user = api.signed_in(user_id, "correct horse").await;
        let body = json!({"new_email": new, "password": "correct horse"});
        post(&user, "/api/auth/change-email", body).await.expect(202);
    }
    let address = match purpose {
        "reset_password" => {
            post(api, "/api/auth/forgot-password", json!({"user_id": user_id})).await.expect(202);
            own
        }
        "undo_email_change" => {
            let confirmation = token(deployment, "change_email", &new).await;
            post(api, "/api/auth/change-email/confirm", json!({"token": confirmation})).await.expect(204);
            own
        }
        "change_email" => new,
        "accept_invitation" => {
            post(admin, "/api/admin/invitations", json!({"email": new})).await.expect(201);
            new
        }
        _ => own,
    };
    let token = token(deployment, purpose, &address).await;
    (address, token)
}

async fn follow(api: &Api, purpose: &str, token: &str, user_id: &str) -> Response {
    let (path, body) = match purpose {
        "reset_password" => ("reset-password", json!({"token": token, "new_password": "battery staple"})),
        "verify_email" => ("verify-email", json!({"token": token})),
        "change_email" => ("change-email/confirm", json!({"token": token})),
        "undo_email_change" => ("change-email/undo", json!({"token": token})),
        _ => {
            let user_id = format!("guest-{user_id}");
            let account = json!({"token": token, "user_id": user_id, "name": "Guest", "password": "battery staple"});
            ("accept-invitation", account)
        }
    };
    post(api, &format!("/api/auth/{path}"), body).await
}

#[tokio::test]
async fn a_link_works_until_its_validity_is_over_and_then_says_so() {
    let deployment = &Deployment::start(Shape::Postgres).await;
    let admin = &deployment.super_admin().await;
    let cases = LINKS.into_iter().flat_map(|(purpose, validity)| [(purpose, validity - 1), (purpose, validity)]);
    join_all(cases.enumerate().map(|(number, (purpose, age))| async move {
        let user_id = format!("user-{number}");
        let (address, token) = link(deployment, admin, purpose, &user_id).await;
        let past = format!("interval '{age} minutes'");
        for (table, condition) in
            [("account_links", format!("AND purpose = '{purpose}'")), ("invitations", String::new())]
        {
            deployment.database.execute(&format!(
                "UPDATE {table} SET created_at = created_at - {past}, expires_at = expires_at - {past}
                    WHERE address = '{address}' {condition}"
            ));
        }
        let response = follow(&deployment.api, purpose, &token, &user_id).await;
        if LINKS.contains(&(purpose, age)) {
            let response = response.problem(400, "The link has expired");
            assert!(response.text("type").ends_with("invalid-or-expired-token"), "{response:?}");
        } else {
            assert!(matches!(response.status(), 201 | 204), "{purpose}: {response:?}");
        }
    }))
    .await;
}

/// A minute before and at the end of 14 days of grace and of 30 days of retention.
#[tokio::test]
async fn a_worker_erases_accounts_and_deletes_sent_mails_when_their_time_is_over() {
    let deployment = Deployment::start(Shape::Postgres).await;
    let (api, database) = (&deployment.api, &deployment.database);
    for task in ["erase_accounts", "purge_mails"] {
        until("the first run is over", async || runs(api, task, "succeeded").await == 1).await;
    }
    let admin = deployment.super_admin().await;
    for user_id in ["bob", "alice"] {
        let user = api.signed_in(user_id, "test123").await;
        user.delete("/api/auth/me").json(json!({"password": "test123"})).send().await.expect(202);
    }
    let stored = |condition: &str| {
        let count = format!("SELECT count(*) FROM outbox WHERE {condition}");
        database.run(&count).unwrap().trim().parse::<u32>().unwrap()
    };
    until("the notices are sent", async || stored("state = 'sent'") == 2).await;
    for (user_id, grace, retention) in [("bob", 14 * DAY - 1, 30 * DAY - 1), ("alice", 14 * DAY, 30 * DAY)] {
        database.execute(&format!(
            "UPDATE users SET purge_at = purge_at - interval '{grace} minutes' WHERE user_id = '{user_id}';
             UPDATE outbox SET over_at = over_at - interval '{retention} minutes',
                 sent_at = sent_at - interval '{retention} minutes' WHERE address = '{user_id}@example.com'"
        ));
    }
    // As if the interval of the tasks were over.
    database.execute("UPDATE task_leases SET expires_at = '2020-01-01T00:00:00Z'");
    let (_worker, other) = another_worker(&deployment, &[]);
    for task in ["erase_accounts", "purge_mails"] {
        let done = async || runs(api, task, "succeeded").await + runs(&other, task, "succeeded").await == 2;
        until("the second run is over", done).await;
    }

    admin.get("/api/admin/users/alice").send().await.expect(404);
    api.login("alice", "test123").await.expect(401);
    let entries = admin.get("/api/admin/audit-logs?target=alice&action=ACCOUNT_ERASED").send().await.expect(200);
    assert_eq!(entries.json()["total"], 1);
    let is_notice = |mail: &Mail| mail.to == "alice@example.com" && mail.subject.contains("was deleted");
    until("the notice of the erasure is sent", async || mails(&deployment).iter().any(is_notice)).await;
    let restore = json!({"user_id": "bob", "password": "test123", "restore": true});
    post(api, "/api/auth/login", restore).await.expect(200);
    let is_old = "over_at < now() - interval '1 day'";
    assert_eq!(stored(&format!("address = 'bob@example.com' AND {is_old}")), 1);
    assert_eq!(stored(&format!("address = 'alice@example.com' AND {is_old}")), 0);
}
