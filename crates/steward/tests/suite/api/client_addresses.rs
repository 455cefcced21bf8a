//! Calls with a signed client address: sessions, limits and audit entries refer to the user's address.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use chrono::DateTime;
use serde_json::json;
use steward_client::{AddressSigner, AuditList, Client};
use steward_contracts::bodies::UpdateUserRequest;
use steward_contracts::services::{ClientAddressSigner, ServiceKey, client_address};
use steward_domain::Timestamp;
use steward_domain::ports::Clock;

use crate::support::{Deployment, SECRET_KEY, Shape};

in_every_shape!(
    sessions_sign_ins_and_audit_entries_record_the_users_address,
    failed_attempts_count_against_the_users_address,
    an_unsigned_address_is_ignored,
);

const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64) Firefox/150.0";

async fn sessions_sign_ins_and_audit_entries_record_the_users_address(deployment: Deployment) {
    let console = Client::new(deployment.api.base()).unwrap();
    for address in ["203.0.113.7", "2001:db8::7"] {
        let person = console.for_person(ip(address), BROWSER, signer());
        let admin = person.with_token(person.login("admin", "admin123").await.unwrap().access_token);
        let sessions = admin.own_sessions().await.unwrap();
        let newest = &sessions.items[0];
        assert_eq!(newest.ip_address.as_deref(), Some(address));
        assert!(newest.user_agent.as_deref().is_some_and(|agent| agent == BROWSER), "{newest:?}");
        let change = UpdateUserRequest { name: Some(format!("Bob at {address}")), ..UpdateUserRequest::default() };
        admin.update_user("bob", &change).await.unwrap();
        // A target with a query and escaped characters.
        let list = AuditList { target: Some("bob".into()), search: Some("at ::? &".into()), ..AuditList::default() };
        assert_eq!(admin.audit_logs(&list).await.unwrap().total, 0);
        let list = AuditList { target: Some("bob".into()), page_size: Some(1), ..AuditList::default() };
        let entry = admin.audit_logs(&list).await.unwrap().items.remove(0);
        assert_eq!((entry.ip_address.as_deref(), entry.user_agent.as_deref()), (Some(address), Some(BROWSER)));
        let activity = admin.own_activity(Some(1), None).await.unwrap();
        assert_eq!(activity.items[0].ip_address.as_deref(), Some(address));
    }
}

async fn failed_attempts_count_against_the_users_address(deployment: Deployment) {
    let console = Client::new(deployment.api.base()).unwrap();
    let guesser = console.for_person(ip("203.0.113.7"), BROWSER, signer());
    for _ in 0..5 {
        assert_eq!(guesser.login("alice", "wrong").await.unwrap_err().status(), Some(401));
    }
    let locked_out = guesser.login("alice", "test123").await.unwrap_err();
    assert_eq!(locked_out.status(), Some(429));
    assert!(locked_out.retry_after().is_some_and(|seconds| seconds > 0), "{locked_out:?}");
    let another = console.for_person(ip("203.0.113.8"), BROWSER, signer());
    another.login("alice", "test123").await.unwrap();
}

async fn an_unsigned_address_is_ignored(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let path = "/api/admin/users/bob";
    let signature = |secret: &str, method, path, seconds_ago| {
        let key = ServiceKey::derived_from(secret.as_bytes());
        key.sign_client_address(ip("203.0.113.7"), method, path, now(seconds_ago))
    };
    let valid = signature(SECRET_KEY, "PUT", path, 0);
    for (header, expected) in [
        (valid.clone(), "203.0.113.7"),
        (valid.replace("203.0.113.7", "203.0.113.8"), "127.0.0.1"),
        (signature("another key altogether, 32 bytes and more", "PUT", path, 0), "127.0.0.1"),
        (signature(SECRET_KEY, "PUT", path, 60), "127.0.0.1"),
        (signature(SECRET_KEY, "PUT", path, -60), "127.0.0.1"),
        (signature(SECRET_KEY, "POST", path, 0), "127.0.0.1"),
        (signature(SECRET_KEY, "PUT", "/api/admin/users/alice", 0), "127.0.0.1"),
        (signature(SECRET_KEY, "PUT", "/api/admin/users/bob?x=1", 0), "127.0.0.1"),
        ("203.0.113.7".to_owned(), "127.0.0.1"),
    ] {
        let change =
            admin.put(path).json(json!({"name": format!("Bob {header}").chars().take(90).collect::<String>()}));
        change.header(client_address::HEADER, &header).send().await.expect(200);
        let logs = admin.get("/api/admin/audit-logs?target=bob&page_size=1").send().await.expect(200);
        assert_eq!(logs.column("ip_address"), [expected], "{header}");
    }
    let forged = signature("another key altogether, 32 bytes and more", "POST", "/api/auth/login", 0);
    let body = json!({"user_id": "bob", "password": "test123"});
    let login = deployment.api.post("/api/auth/login").header(client_address::HEADER, &forged).json(body);
    let bob = deployment.api.with_token(login.send().await.expect(200).text("access_token"));
    assert_eq!(bob.get("/api/auth/sessions").send().await.expect(200).column("ip_address"), ["127.0.0.1"]);
}

#[tokio::test]
async fn rate_limits_apply_per_user_address() {
    for shape in [Shape::Sqlite, Shape::Split] {
        let deployment = Deployment::start_with(shape, &[("STEWARD_LIMIT_LOGIN", "2/hour")]).await;
        let console = Client::new(deployment.api.base()).unwrap();
        for address in ["203.0.113.7", "203.0.113.8"] {
            let person = console.for_person(ip(address), BROWSER, signer());
            for expected in [401, 401, 429] {
                let refused = person.login("unknown-user", "wrong password").await.unwrap_err();
                assert_eq!(refused.status(), Some(expected), "{shape:?} {address}");
                assert_eq!(refused.retry_after().is_some(), expected == 429);
            }
        }
    }
}

#[tokio::test]
async fn a_signed_address_wins_over_the_proxy_in_front_of_the_console() {
    for shape in [Shape::Sqlite, Shape::Split] {
        let deployment = Deployment::start_with(shape, &[("STEWARD_TRUSTED_PROXIES", "127.0.0.0/8")]).await;
        let key = ServiceKey::derived_from(SECRET_KEY.as_bytes());
        let signature = key.sign_client_address(ip("203.0.113.7"), "POST", "/api/auth/login", now(0));
        let body = json!({"user_id": "bob", "password": "test123"});
        let login = deployment.api.post("/api/auth/login").json(body).header(client_address::HEADER, &signature);
        let response = login.header("x-forwarded-for", "198.51.100.1").send().await.expect(200);
        let bob = deployment.api.with_token(response.text("access_token"));
        let sessions = bob.get("/api/auth/sessions").send().await.expect(200);
        assert_eq!(sessions.column("ip_address"), ["203.0.113.7"], "{shape:?}");
    }
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn signer() -> Arc<dyn AddressSigner> {
    let key = ServiceKey::derived_from(SECRET_KEY.as_bytes());
    Arc::new(Signer(ClientAddressSigner::new(key, Arc::new(SystemClock))))
}

#[derive(Debug)]
struct Signer(ClientAddressSigner);

impl AddressSigner for Signer {
    fn sign(&self, address: IpAddr, method: &str, target: &str) -> (&'static str, String) {
        (client_address::HEADER, self.0.header(address, method, target))
    }
}

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        now(0)
    }

    fn monotonic(&self) -> Duration {
        static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
        BEGAN.elapsed()
    }
}

fn now(seconds_ago: i64) -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "the processes under test use the system's clock")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed();
    DateTime::from_timestamp(now - seconds_ago, 0).unwrap()
}
