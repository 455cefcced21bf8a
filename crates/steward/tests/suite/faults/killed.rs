use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::json;
use steward_domain::ports::IdGenerator;
use steward_testkit::TestIds;
use steward_testkit::http::Api;
use steward_testkit::servers::PostgresOptions;
use tempfile::tempdir;

use crate::support::{Launch, SECRET_KEY, database_of, until};

const ROUNDS: u64 = 6;
const CLIENTS: usize = 8;

/// What one client was told, and what it asked for without being told.
#[derive(Default)]
struct Known {
    /// The last name that was acknowledged, per user; the empty one is that of the registration.
    acknowledged: BTreeMap<String, String>,
    /// The name that was asked for when the process died.
    asked: BTreeMap<String, String>,
    /// How many changes were acknowledged.
    changes: usize,
}

impl Known {
    fn acknowledge(&mut self, user_id: &str, name: &str) {
        self.acknowledged.insert(user_id.to_owned(), name.to_owned());
        self.changes += 1;
    }
}

/// Registers users and renames them, until the server is gone.
async fn change(api: Api, admin: Api, client: usize, round: u64, known: Arc<Mutex<Known>>) {
    for number in 0.. {
        let user_id = format!("r{round}-c{client}-{number}");
        match api.post("/api/auth/register").json(registration(&user_id)).try_send().await {
            Ok(answer) => drop(answer.expect(201)),
            Err(_) => return,
        }
        known.lock().unwrap().acknowledge(&user_id, &user_id);
        for name in ["One", "Two", "Three"].map(|name| format!("{name} of {user_id}")) {
            known.lock().unwrap().asked.insert(user_id.clone(), name.clone());
            let call = admin.put(&format!("/api/admin/users/{user_id}")).json(json!({"name": name}));
            match call.try_send().await {
                Ok(answer) => drop(answer.expect(200)),
                Err(_) => return,
            }
            known.lock().unwrap().acknowledge(&user_id, &name);
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
    let (known, ids) = (Arc::new(Mutex::new(Known::default())), TestIds::seeded(7));
    for round in 0..ROUNDS {
        let mut process = launch.start();
        let api = Api::at(&process.address_of("gateway")).await;
        let admin = api.signed_in("admin", "admin123").await;
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| tokio::spawn(change(api.clone(), admin.clone(), client, round, Arc::clone(&known))))
            .collect();
        // In the middle of it all: after a number of changes that differs from round to round, whatever their pace.
        let enough = known.lock().unwrap().changes + 5 + usize::from(ids.session_id().as_bytes()[0]) % 60;
        until("so much is done", async || known.lock().unwrap().changes >= enough).await;
        process.kill();
        for client in clients {
            client.await.unwrap();
        }
    }

    let mut process = launch.start();
    let admin = Api::at(&process.address_of("gateway")).await.signed_in("admin", "admin123").await;
    let known = Arc::into_inner(known).unwrap().into_inner().unwrap();
    for (user_id, acknowledged) in &known.acknowledged {
        let user = admin.get(&format!("/api/admin/users/{user_id}")).send().await.expect(200);
        let name = user.text("name");
        let asked = known.asked.get(user_id);
        assert!(
            name == acknowledged || Some(name) == asked.map(String::as_str),
            "{user_id} is {name}, not {acknowledged}"
        );
    }
    every_change_has_its_entry(&admin).await;
}

/// Follows the trail of every user from the registration to the name they have now.
async fn every_change_has_its_entry(admin: &Api) {
    let (mut names, mut entries) = (BTreeMap::new(), BTreeMap::<String, Vec<(String, String)>>::new());
    for user in all(admin, "/api/admin/users").await {
        names.insert(user["user_id"].as_str().unwrap().to_owned(), user["name"].as_str().unwrap().to_owned());
    }
    for entry in all(admin, "/api/admin/audit-logs").await {
        let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
        entries.entry(text("target")).or_default().push((text("action"), text("details")));
    }
    assert_eq!(
        names.keys().collect::<Vec<_>>(),
        entries.keys().collect::<Vec<_>>(),
        "no user without entry, nor the other way"
    );
    for (user_id, name) in names.iter().filter(|(user_id, _)| user_id.contains("-c")) {
        // Newest first.
        let trail = &entries[user_id];
        assert_eq!(trail.iter().filter(|(action, _)| action == "USER_CREATED").count(), 1, "{user_id}");
        let last = &trail[0];
        let told =
            if last.0 == "USER_UPDATED" { last.1.rsplit(" → ").next().unwrap().to_owned() } else { user_id.clone() };
        assert_eq!(told, *name, "{user_id}: {trail:?}");
    }
}

async fn all(admin: &Api, path: &str) -> Vec<serde_json::Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("{path}?page_size=100&cursor={cursor}")).send().await.expect(200);
        items.extend(page.json()["items"].as_array().unwrap().iter().cloned());
        match page.json()["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return items,
        }
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
