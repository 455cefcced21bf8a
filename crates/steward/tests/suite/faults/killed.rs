use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::json;
use steward_domain::ports::IdGenerator;
use steward_testkit::TestIds;
use steward_testkit::http::Api;
use steward_testkit::servers::PostgresOptions;
use tempfile::tempdir;

use crate::support::{Launch, SECRET_KEY, database_of, read_all, until};

const ROUNDS: u64 = 6;
const CLIENTS: usize = 8;

/// The changes of the clients that were acknowledged, and those in flight.
#[derive(Default)]
struct ChangeLog {
    /// The last acknowledged name per user.
    acknowledged: BTreeMap<String, String>,
    /// The name in flight when the process was killed.
    in_flight: BTreeMap<String, String>,
    /// The number of acknowledged changes.
    changes: usize,
}

impl ChangeLog {
    fn acknowledge(&mut self, user_id: &str, name: &str) {
        self.acknowledged.insert(user_id.to_owned(), name.to_owned());
        self.changes += 1;
    }
}

/// Registers and renames users, until the server is killed.
async fn change(api: Api, admin: Api, client: usize, round: u64, log: Arc<Mutex<ChangeLog>>) {
    for number in 0.. {
        let user_id = format!("r{round}-c{client}-{number}");
        match api.post("/api/auth/register").json(registration(&user_id)).try_send().await {
            Ok(response) => drop(response.expect(201)),
            Err(_) => return,
        }
        log.lock().unwrap().acknowledge(&user_id, &user_id);
        for name in ["One", "Two", "Three"].map(|name| format!("{name} of {user_id}")) {
            log.lock().unwrap().in_flight.insert(user_id.clone(), name.clone());
            let call = admin.put(&format!("/api/admin/users/{user_id}")).json(json!({"name": name}));
            match call.try_send().await {
                Ok(response) => drop(response.expect(200)),
                Err(_) => return,
            }
            log.lock().unwrap().acknowledge(&user_id, &name);
        }
    }
}

fn registration(user_id: &str) -> serde_json::Value {
    json!({
        "user_id": user_id, "email": format!("{user_id}@example.com"), "name": user_id, "password": "correct horse"
    })
}

async fn nothing_acknowledged_is_lost(url: &str) {
    let folder = tempdir().unwrap();
    let launch = Launch::new(folder.path(), &["serve"])
        .with("DATABASE_URL", url)
        .with("SECRET_KEY", SECRET_KEY)
        .with("STEWARD_BCRYPT_COST", "4")
        .with("STEWARD_API_ADDR", "127.0.0.1:0");
    let (log, ids) = (Arc::new(Mutex::new(ChangeLog::default())), TestIds::seeded(7));
    for round in 0..ROUNDS {
        let mut process = launch.start();
        let api = Api::at(&process.address_of("gateway")).await;
        let admin = api.signed_in("admin", "admin123").await;
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| tokio::spawn(change(api.clone(), admin.clone(), client, round, Arc::clone(&log))))
            .collect();
        // Kill in the middle: after a number of changes that differs per round, whatever the pace.
        let enough = log.lock().unwrap().changes + 5 + usize::from(ids.session_id().as_bytes()[0]) % 60;
        until("enough changes are acknowledged", async || log.lock().unwrap().changes >= enough).await;
        process.kill();
        for client in clients {
            client.await.unwrap();
        }
    }

    let mut process = launch.start();
    let admin = Api::at(&process.address_of("gateway")).await.signed_in("admin", "admin123").await;
    let log = Arc::into_inner(log).unwrap().into_inner().unwrap();
    for (user_id, acknowledged) in &log.acknowledged {
        let user = admin.get(&format!("/api/admin/users/{user_id}")).send().await.expect(200);
        let name = user.text("name");
        let in_flight = log.in_flight.get(user_id);
        assert!(
            name == acknowledged || Some(name) == in_flight.map(String::as_str),
            "{user_id} is {name}, not {acknowledged}"
        );
    }
    every_change_has_its_entry(&admin).await;
}

/// Follows the audit trail of every user from the registration to the current name.
async fn every_change_has_its_entry(admin: &Api) {
    let (mut names, mut entries) = (BTreeMap::new(), BTreeMap::<String, Vec<(String, String)>>::new());
    for user in read_all(admin, "/api/admin/users").await {
        names.insert(user["user_id"].as_str().unwrap().to_owned(), user["name"].as_str().unwrap().to_owned());
    }
    for entry in read_all(admin, "/api/admin/audit-logs").await {
        let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
        entries.entry(text("target")).or_default().push((text("action"), text("details")));
    }
    assert_eq!(
        names.keys().collect::<Vec<_>>(),
        entries.keys().collect::<Vec<_>>(),
        "users and registrations must match"
    );
    for (user_id, name) in names.iter().filter(|(user_id, _)| user_id.contains("-c")) {
        // Newest first.
        let trail = &entries[user_id];
        assert_eq!(trail.iter().filter(|(action, _)| action == "USER_CREATED").count(), 1, "{user_id}");
        let last = &trail[0];
        let last_name =
            if last.0 == "USER_UPDATED" { last.1.rsplit(" → ").next().unwrap().to_owned() } else { user_id.clone() };
        assert_eq!(last_name, *name, "{user_id}: {trail:?}");
    }
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_on_sqlite() {
    let folder = tempdir().unwrap();
    nothing_acknowledged_is_lost(&format!("sqlite://{}/steward.db", folder.path().display())).await;
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_on_postgres() {
    let server = PostgresOptions::default().durable().start().unwrap();
    nothing_acknowledged_is_lost(&database_of(&server)).await;
}
