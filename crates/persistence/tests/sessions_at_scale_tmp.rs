#![allow(clippy::unwrap_used, clippy::print_stderr)]
use std::time::Instant;
use steward_domain::ports::Sessions;
use steward_domain::*;
use steward_persistence::{Database, DatabaseSettings, SqlSessions};
use steward_testkit::servers::TestDatabase;

#[tokio::test(flavor = "multi_thread")]
async fn scale() {
    let db = TestDatabase::empty();
    let database = Database::connect(&DatabaseSettings::new(db.url().into())).unwrap();
    database.migrate().await.unwrap();
    let t = Instant::now();
    db.run("INSERT INTO users (user_id, email, name, password_hash) SELECT 'user' || n, 'user' || n || '@example.com', 'Name ' || md5(n::text), 'x' FROM generate_series(1, 200000) n").unwrap();
    db.run("INSERT INTO sessions (sid, user_id, created_at, expires_at, ends_at, last_seen_at, ip_address, ended_at)
        SELECT decode(md5(n::text), 'hex'), 1 + n % 200000, now() - n * interval '0.5 s', CASE WHEN n % 5 = 4 THEN now() - interval '1 h' ELSE now() + interval '3 d' END, now() + interval '20 d', now() - n * interval '0.5 s', '10.' || n % 200 || '.' || n % 250 || '.' || n % 77, CASE WHEN n % 5 IN (1, 2) THEN now() - interval '1 h' END
        FROM generate_series(1, 2500000) n").unwrap();
    db.run("VACUUM ANALYZE").unwrap();
    eprintln!("filled in {:?}", t.elapsed());
    let sessions = SqlSessions::new(database.clone());
    let now: Timestamp = truncate(chrono_now());
    let page = PageRequest::default();
    let f = |user: Option<&str>, search: Option<&str>| SessionFilter { user: user.map(|u| UserId::parse(u).unwrap()), search: search.map(|s| SearchTerm::parse(s).unwrap().unwrap()) };
    for (what, filter) in [("all", f(None, None)), ("user", f(Some("user777"), None)), ("rare", f(None, Some("user12345"))), ("common", f(None, Some("user1"))), ("e", f(None, Some("e"))), ("hexish", f(None, Some("abc"))), ("none", f(None, Some("zzzzzz"))), ("address", f(None, Some("10.7.7.7"))), ("noaddr", f(None, Some("11.7.7.7")))] {
        let mut times = vec![];
        let mut got = None;
        for _ in 0..5 { let t = Instant::now(); got = Some(sessions.list(&filter, now, &page).await.unwrap()); times.push(t.elapsed()); }
        let got = got.unwrap();
        let t = Instant::now();
        let next = PageRequest { number: 2, after: got.next.clone(), ..page.clone() };
        if got.next.is_some() { sessions.list(&filter, now, &next).await.unwrap(); }
        eprintln!("{what}: {:?} total {:?} items {} next page {:?}", times, got.total, got.items.len(), t.elapsed());
    }
    // deep cursor
    let deep = PageRequest { number: 50000, after: Some(Position { key: (now.timestamp_micros() - 600_000 * 1_000_000).to_string(), id: 5 }), ..page.clone() };
    let t = Instant::now();
    let d = sessions.list(&SessionFilter::default(), now, &deep).await.unwrap();
    eprintln!("deep cursor: {:?} {}", t.elapsed(), d.items.len());
    let deepn = PageRequest { number: 50000, ..page.clone() };
    let t = Instant::now();
    let r = sessions.list(&SessionFilter::default(), now, &deepn).await;
    eprintln!("deep number: {:?} {:?}", t.elapsed(), r.map(|r| r.items.len()));
    let seen: Vec<_> = (0..5000u32).map(|n| { let n = n * 5; let h = md5(&db, n); (h, now) }).collect();
    let t = Instant::now();
    sessions.seen(&seen).await.unwrap();
    eprintln!("seen 5000: {:?}", t.elapsed());
    eprintln!("{}", db.run("EXPLAIN ANALYZE SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.ended_at IS NULL AND s.expires_at > now() AND u.is_active ORDER BY s.created_at DESC, s.id DESC LIMIT 11").unwrap());
    eprintln!("{}", db.run("EXPLAIN ANALYZE SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.ended_at IS NULL AND s.expires_at > now() AND u.is_active LIMIT 10001").unwrap());
}
#[allow(clippy::disallowed_methods)]
fn chrono_now() -> Timestamp { chrono::Utc::now() }
fn md5(_: &TestDatabase, n: u32) -> SessionId { let mut b = [0; 16]; b[..4].copy_from_slice(&n.to_be_bytes()); SessionId::from_bytes(b) }
