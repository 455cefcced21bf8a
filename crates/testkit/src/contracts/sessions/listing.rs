use chrono::TimeDelta;
use steward_domain::{
    AddressRange, DeviceFilter, NewSession, Origin, PageRequest, Position, SearchTerm, SessionFilter, SessionId,
    SessionRecord, Timestamp, Total, User,
};

use crate::contracts::Store;
use crate::contracts::fixture::page_size;
use crate::{a_user, at, user_id};

fn first(size: u32) -> PageRequest {
    PageRequest { size: page_size(size), ..PageRequest::default() }
}

fn of(user: &str) -> SessionFilter {
    SessionFilter { user: Some(user_id(user)), ..SessionFilter::default() }
}

fn searching(text: &str) -> SessionFilter {
    SessionFilter { search: SearchTerm::parse(text).unwrap(), ..SessionFilter::default() }
}

impl Store {
    async fn listed(&self, filter: &SessionFilter, now: Timestamp) -> Vec<SessionId> {
        let page = self.sessions.list(filter, now, &first(100)).await.unwrap();
        assert_eq!((page.total, page.next), (Total::exact(page.items.len() as u64), None));
        page.items.into_iter().map(|session| session.id).collect()
    }

    async fn open_from(&self, user: &User, at: Timestamp, address: &str) -> SessionId {
        self.open_on(user, at, address, "curl/8").await
    }

    async fn open_on(&self, user: &User, at: Timestamp, address: &str, agent: &str) -> SessionId {
        let origin = Origin::new(Some(address.parse().unwrap()), Some(agent));
        let session = NewSession { origin, ..self.a_session(user, at) };
        let id = session.id;
        self.open_as(user, session).await;
        id
    }
}

/// For every filter.
pub async fn an_empty_store_lists_no_sessions(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    for filter in [SessionFilter::default(), of("alice"), of("unknown"), searching("alice"), searching("::1")] {
        assert!(store.listed(&filter, at(0)).await.is_empty(), "{filter:?}");
    }
}

/// With the current name of the user.
pub async fn every_field_of_a_session_is_listed(store: Store) {
    let alice = a_user("Alice").name("Alice Cooper").create(&*store.accounts).await;
    let origin = Origin::new(Some([192, 0, 2, 1].into()), Some("Firefox · 한국어"));
    let opened = NewSession { origin: origin.clone(), ..store.a_session(&alice, at(5)) };
    store.open_as(&alice, opened.clone()).await;
    let expected = SessionRecord {
        id: opened.id,
        user_id: alice.user_id,
        user_name: alice.name,
        user_role: alice.role,
        created_at: at(5),
        last_seen_at: at(5),
        expires_at: opened.expires_at,
        origin,
    };
    for filter in [SessionFilter::default(), of("aLICE"), searching("coop"), searching("192.0.2.1")] {
        let page = store.sessions.list(&filter, at(6), &first(10)).await.unwrap();
        assert_eq!(page.items, std::slice::from_ref(&expected), "{filter:?}");
    }
}

/// Sessions are excluded that have ended, have expired by this instant, or whose user is inactive.
pub async fn only_active_sessions_are_listed(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let eve = a_user("eve").create(&*store.accounts).await;
    let (good, ended) = (store.open(&alice, at(10)).await, store.open(&alice, at(0)).await);
    let eves = store.open(&eve, at(5)).await;
    assert_eq!(store.listed(&SessionFilter::default(), at(11)).await, [good, eves, ended]);
    store.sessions.end(ended, at(11)).await.unwrap();
    store.set_active("eve", false, at(11)).await;
    for filter in [SessionFilter::default(), of("alice"), searching("e")] {
        assert_eq!(store.listed(&filter, at(12)).await, [good], "{filter:?}");
        assert_eq!(store.listed(&filter, at(3609)).await, [good], "{filter:?}");
        assert!(store.listed(&filter, at(3610)).await.is_empty(), "{filter:?}");
    }
}

/// By cursor and by number; sessions of one instant in order of insertion.
pub async fn pages_of_sessions_are_sorted_newest_first(store: Store) {
    let users = [a_user("alice").create(&*store.accounts).await, a_user("bob").create(&*store.accounts).await];
    let mut opened = Vec::new();
    for (second, user) in (0..13).zip(users.iter().cycle()) {
        opened.push(store.open(user, at(second / 3)).await);
    }
    opened.reverse();
    for filter in [SessionFilter::default(), searching("example.com")] {
        assert_eq!(store.listed(&filter, at(9)).await, opened);
        let (mut by_cursor, mut request) = (Vec::new(), first(5));
        loop {
            let page = store.sessions.list(&filter, at(9), &request).await.unwrap();
            assert_eq!(page.total, Total::exact(13));
            let numbered = PageRequest { after: None, ..request.clone() };
            assert_eq!(store.sessions.list(&filter, at(9), &numbered).await.unwrap(), page);
            by_cursor.extend(page.items.into_iter().map(|session| session.id));
            request = PageRequest { number: request.number + 1, after: page.next, ..request };
            if request.after.is_none() {
                break;
            }
        }
        assert_eq!(by_cursor, opened);
        let beyond = PageRequest { number: 4, ..first(5) };
        assert!(store.sessions.list(&filter, at(9), &beyond).await.unwrap().items.is_empty());
    }
}

/// Ids are compared without case, as a whole.
pub async fn sessions_are_filtered_by_user(store: Store) {
    let alice = a_user("Alice").create(&*store.accounts).await;
    let alice2 = a_user("alice2").create(&*store.accounts).await;
    let (one, two) = (store.open(&alice, at(0)).await, store.open(&alice, at(1)).await);
    let other = store.open(&alice2, at(2)).await;
    assert_eq!(store.listed(&of("aLICE"), at(3)).await, [two, one]);
    assert_eq!(store.listed(&of("alice2"), at(3)).await, [other]);
    let both = SessionFilter { user: Some(user_id("alice2")), ..searching("alice@") };
    assert!(store.listed(&both, at(3)).await.is_empty());
}

/// The address may have any notation; a part of an address matches nothing.
pub async fn a_search_matches_part_of_a_user_or_a_whole_address(store: Store) {
    let zoe = a_user("zoe.k").name("Ζωή %_ Kim").email("z@somewhere.org").create(&*store.accounts).await;
    let bob = a_user("bob").create(&*store.accounts).await;
    let zoes = store.open_from(&zoe, at(0), "2001:db8::7").await;
    let bobs = store.open_from(&bob, at(1), "192.0.2.1").await;
    let far = store.open_from(&bob, at(2), "192.0.2.10").await;
    let all = [far, bobs, zoes];
    for (term, expected) in [
        ("ZOE", &all[2..]),
        ("ζΩ", &all[2..]),
        ("%_", &all[2..]),
        ("somewhere.ORG", &all[2..]),
        ("o", &all),
        ("example.com", &all[..2]),
        ("192.0.2.1", &all[1..2]),
        ("::ffff:192.0.2.1", &all[1..2]),
        ("192.0.2.", &[]),
        ("2001:DB8:0::7", &all[2..]),
        ("2001:db8::8", &[]),
        ("no such text", &[]),
        ("' OR 1=1", &[]),
        ("\"", &[]),
    ] {
        assert_eq!(store.listed(&searching(term), at(3)).await, expected, "{term}");
    }
}

/// An IPv4-mapped address is the IPv4 address. The family of a network is that of its addresses.
pub async fn sessions_are_filtered_by_address_or_network(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let mut opened = Vec::new();
    for (second, address) in (0..).zip(["192.0.2.1", "192.0.2.130", "198.51.100.1", "2001:db8::1", "2001:db8:1::1"]) {
        opened.push(store.open_from(&alice, at(second), address).await);
    }
    for (address, expected) in [
        ("192.0.2.1", &[0][..]),
        ("::ffff:192.0.2.1", &[0]),
        ("192.0.2.0/24", &[1, 0]),
        ("192.0.2.128/25", &[1]),
        ("0.0.0.0/0", &[2, 1, 0]),
        ("2001:db8::/48", &[3]),
        ("2001:db8::/32", &[4, 3]),
        ("203.0.113.0/24", &[]),
    ] {
        let filter = SessionFilter { address: Some(AddressRange::parse(address).unwrap()), ..SessionFilter::default() };
        let expected: Vec<_> = expected.iter().map(|at| opened[*at]).collect();
        assert_eq!(store.listed(&filter, at(9)).await, expected, "{address}");
        let none = SessionFilter { user: Some(user_id("unknown")), ..filter };
        assert!(store.listed(&none, at(9)).await.is_empty(), "{address}");
    }
}

/// By a part of a known name, or the beginning of another one.
pub async fn sessions_are_filtered_by_device(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let curl = store.open_on(&alice, at(0), "192.0.2.1", "curl/8").await;
    let firefox = store.open_on(&alice, at(1), "192.0.2.2", "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0").await;
    let unknown = store.open(&alice, at(2)).await;
    for (device, expected) in [
        ("CURL", vec![curl]),
        ("cu", vec![curl]),
        ("url", vec![]),
        ("Firefox on Linux", vec![firefox]),
        ("linux", vec![firefox]),
        ("unknown device", vec![unknown]),
        ("' OR 1=1", vec![]),
        ("%", vec![]),
    ] {
        let filter = SessionFilter { device: Some(DeviceFilter::parse(device).unwrap()), ..SessionFilter::default() };
        assert_eq!(store.listed(&filter, at(3)).await, expected, "{device}");
    }
}

/// Callers can put any value into a cursor.
pub async fn a_forged_session_cursor_is_not_an_error(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    store.open(&alice, at(0)).await;
    for key in ["", "alice", "9223372036854775807", "-9223372036854775808", "1e9", "' OR 1=1"] {
        for id in [i64::MIN, 0, i64::MAX] {
            let after = Some(Position { key: key.to_owned(), id });
            let request = PageRequest { number: 2, after, ..first(10) };
            for filter in [SessionFilter::default(), searching("alice")] {
                assert_eq!(store.sessions.list(&filter, at(1), &request).await.unwrap().total, Total::exact(1));
            }
        }
    }
}

/// Each active session has its own value; an unknown session is not an error.
pub async fn last_seen_only_moves_forward(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let (one, two, ended) =
        (store.open(&alice, at(0)).await, store.open(&alice, at(0)).await, store.open(&alice, at(0)).await);
    store.sessions.end(ended, at(1)).await.unwrap();
    let seen = async |id| store.sessions.find_active(id, at(1)).await.unwrap().map(|found| found.last_seen_at);
    store.sessions.record_last_seen(&[]).await.unwrap();
    store
        .sessions
        .record_last_seen(&[(one, at(20)), (SessionId::from_bytes([1; 16]), at(20)), (ended, at(20))])
        .await
        .unwrap();
    assert_eq!((seen(one).await, seen(two).await, seen(ended).await), (Some(at(20)), Some(at(0)), None));
    store.sessions.record_last_seen(&[(one, at(10)), (two, at(30)), (two, at(40)), (two, at(35))]).await.unwrap();
    assert_eq!((seen(one).await, seen(two).await), (Some(at(20)), Some(at(40))));
    store.sessions.record_last_seen(&[(two, at(-5))]).await.unwrap();
    assert_eq!(seen(two).await, Some(at(40)));
    assert_eq!(store.user("alice").await.updated_at, alice.updated_at);
}

/// In one statement, even beyond a statement's number of parameters.
pub async fn last_seen_is_recorded_for_many_sessions_at_once(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let session = store.open(&alice, at(0)).await;
    let mut seen: Vec<_> = (0..40_000u128)
        .map(|n| (SessionId::from_bytes((n << 64).to_be_bytes()), at(0) + TimeDelta::seconds(5)))
        .collect();
    seen.push((session, at(7)));
    store.sessions.record_last_seen(&seen).await.unwrap();
    let found = store.sessions.find_active(session, at(8)).await.unwrap().unwrap();
    assert_eq!(found.last_seen_at, at(7));
}
