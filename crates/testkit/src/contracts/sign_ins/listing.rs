use steward_domain::{
    AddressRange, AttemptOutcome, DeviceFilter, FailedSignIn, FailureReason, NewSession, Origin, PageRequest, Position,
    SignInFilter, SignInRecord, TimeSpan, Timestamp, Total, User,
};

use crate::contracts::Store;
use crate::contracts::fixture::page_size;
use crate::{a_user, at, user_id};

const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0";
const CHROME: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";

fn first(size: u32) -> PageRequest {
    PageRequest { size: page_size(size), ..PageRequest::default() }
}

fn origin(address: &str, agent: &str) -> Origin {
    Origin::new(Some(address.parse().unwrap()), Some(agent))
}

fn address(text: &str) -> SignInFilter {
    SignInFilter { address: Some(AddressRange::parse(text).unwrap()), ..SignInFilter::default() }
}

fn device(text: &str) -> SignInFilter {
    SignInFilter { device: Some(DeviceFilter::parse(text).unwrap()), ..SignInFilter::default() }
}

fn of(user: &str) -> SignInFilter {
    SignInFilter { user: Some(user_id(user)), ..SignInFilter::default() }
}

fn outcome(outcome: AttemptOutcome) -> SignInFilter {
    SignInFilter { outcome: Some(outcome), ..SignInFilter::default() }
}

fn within(from: Option<Timestamp>, to: Option<Timestamp>) -> SignInFilter {
    SignInFilter { at: TimeSpan::parse(from, to).unwrap(), ..SignInFilter::default() }
}

impl Store {
    async fn fail_from(&self, user: Option<&User>, at: Timestamp, origin: Origin) {
        let reason = if user.is_some() { FailureReason::WrongPassword } else { FailureReason::UnknownUser };
        let failure = FailedSignIn { at, user: user.map(|user| user.id), reason, origin, messages: Vec::new() };
        self.sign_ins.record(failure).await.unwrap();
    }

    async fn sign_in_from(&self, user: &User, at: Timestamp, origin: Origin) {
        self.open_as(user, NewSession { origin, ..self.a_session(user, at) }).await;
    }

    /// The attempts that pass a filter, as one page with the exact total.
    async fn attempts(&self, filter: &SignInFilter) -> Vec<SignInRecord> {
        let page = self.sign_ins.list(filter, &first(100)).await.unwrap();
        assert_eq!((page.total, page.next), (Total::exact(page.items.len() as u64), None), "{filter:?}");
        page.items
    }

    /// The seconds of the attempts that pass a filter.
    async fn seconds(&self, filter: &SignInFilter) -> Vec<i64> {
        let attempts = self.attempts(filter).await;
        attempts.iter().map(|attempt| (attempt.at - crate::the_beginning()).num_seconds()).collect()
    }
}

/// For every filter.
pub async fn an_empty_store_lists_no_attempts(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    for filter in [
        SignInFilter::default(),
        of("alice"),
        of("unknown"),
        outcome(AttemptOutcome::Failure),
        address("::1"),
        address("10.0.0.0/8"),
        device("firefox"),
        device("curl"),
        within(Some(at(0)), Some(at(1))),
    ] {
        assert!(store.attempts(&filter).await.is_empty(), "{filter:?}");
    }
}

/// With the user id as it was created. An attempt without a user has none.
pub async fn every_field_of_an_attempt_is_listed(store: Store) {
    let alice = a_user("Alice").create(&*store.accounts).await;
    store.fail_from(None, at(1), Origin::default()).await;
    store.fail_from(Some(&alice), at(2), origin("192.0.2.1", "Firefox · 한국어")).await;
    store.sign_in_from(&alice, at(3), origin("2001:db8::1", "curl/8")).await;
    let attempts = store.attempts(&SignInFilter::default()).await;
    let expected = [
        (3, Some("Alice"), AttemptOutcome::Success, None, origin("2001:db8::1", "curl/8")),
        (2, Some("Alice"), AttemptOutcome::Failure, Some("wrong_password"), origin("192.0.2.1", "Firefox · 한국어")),
        (1, None, AttemptOutcome::Failure, Some("unknown_user"), Origin::default()),
    ];
    assert_eq!(attempts.len(), expected.len());
    for (attempt, (second, user, outcome, reason, origin)) in attempts.iter().zip(expected) {
        let user_id = attempt.user_id.as_ref().map(steward_domain::UserId::as_str);
        assert_eq!((attempt.at, user_id, attempt.outcome()), (at(second), user, outcome));
        assert_eq!((attempt.reason.as_deref(), &attempt.origin), (reason, &origin));
    }
    store.delete("alice", at(4)).await.unwrap();
    assert_eq!(store.seconds(&SignInFilter::default()).await, [1], "the attempts of a deleted user are deleted");
}

/// By cursor and by number; attempts of one instant in order of insertion.
pub async fn pages_of_attempts_are_sorted_newest_first(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    for second in 0..13 {
        store.fail_from(Some(&alice), at(second / 3), origin("192.0.2.1", FIREFOX)).await;
    }
    for filter in [
        SignInFilter::default(),
        of("ALICE"),
        outcome(AttemptOutcome::Failure),
        address("192.0.2.0/24"),
        device("fire"),
    ] {
        let all = store.attempts(&filter).await;
        assert!(all.len() == 13 && all.windows(2).all(|two| (two[0].at, two[0].id) > (two[1].at, two[1].id)));
        let (mut by_cursor, mut request) = (Vec::new(), first(5));
        loop {
            let page = store.sign_ins.list(&filter, &request).await.unwrap();
            assert_eq!(page.total, Total::exact(13));
            let numbered = PageRequest { after: None, ..request.clone() };
            assert_eq!(store.sign_ins.list(&filter, &numbered).await.unwrap(), page);
            by_cursor.extend(page.items);
            request = PageRequest { number: request.number + 1, after: page.next, ..request };
            if request.after.is_none() {
                break;
            }
        }
        assert_eq!(by_cursor, all);
        let beyond = PageRequest { number: 4, ..first(5) };
        assert!(store.sign_ins.list(&filter, &beyond).await.unwrap().items.is_empty());
    }
}

/// No attempt is listed twice, and none is left out.
pub async fn a_cursor_is_stable_while_attempts_are_added(store: Store) {
    for second in 0..4 {
        store.fail_from(None, at(second), origin("192.0.2.1", FIREFOX)).await;
    }
    let before = store.attempts(&SignInFilter::default()).await;
    let page = store.sign_ins.list(&SignInFilter::default(), &first(2)).await.unwrap();
    for second in [9, 3, 1] {
        store.fail_from(None, at(second), origin("192.0.2.1", FIREFOX)).await;
    }
    let request = PageRequest { number: 2, after: page.next, ..first(100) };
    let rest = store.sign_ins.list(&SignInFilter::default(), &request).await.unwrap().items;
    let known: Vec<_> = rest.iter().filter(|attempt| before.contains(attempt)).cloned().collect();
    assert_eq!([page.items, known].concat(), before);
    assert_eq!(rest.len(), 3, "an attempt that was added with an earlier time follows");
}

/// The user id in any case, as a whole. A span includes its start and excludes its end.
pub async fn attempts_are_filtered_by_outcome_user_and_time(store: Store) {
    let alice = a_user("Alice").create(&*store.accounts).await;
    let alice2 = a_user("alice2").create(&*store.accounts).await;
    store.fail_from(Some(&alice), at(1), origin("192.0.2.1", FIREFOX)).await;
    store.sign_in_from(&alice, at(2), origin("192.0.2.1", FIREFOX)).await;
    store.fail_from(None, at(3), origin("192.0.2.1", FIREFOX)).await;
    store.sign_in_from(&alice2, at(4), origin("192.0.2.1", FIREFOX)).await;
    for (filter, expected) in [
        (outcome(AttemptOutcome::Failure), &[3, 1][..]),
        (outcome(AttemptOutcome::Success), &[4, 2]),
        (of("aLICE"), &[2, 1]),
        (of("alice2"), &[4]),
        (of("unknown"), &[]),
        (within(Some(at(2)), None), &[4, 3, 2]),
        (within(None, Some(at(2))), &[1]),
        (within(Some(at(2)), Some(at(4))), &[3, 2]),
        (SignInFilter { outcome: Some(AttemptOutcome::Failure), ..of("alice") }, &[1]),
    ] {
        assert_eq!(store.seconds(&filter).await, expected, "{filter:?}");
    }
}

/// An IPv4-mapped address is the IPv4 address. An attempt without an address is in no network.
pub async fn attempts_are_filtered_by_address_or_network(store: Store) {
    let addresses = ["192.0.2.1", "192.0.2.130", "::ffff:192.0.3.1", "2001:db8::1", "2001:db8:1::1", "10.0.0.1"];
    for (second, address) in (0..).zip(addresses) {
        store.fail_from(None, at(second), origin(address, FIREFOX)).await;
    }
    store.fail_from(None, at(9), Origin::default()).await;
    for (range, expected) in [
        ("192.0.2.1", &[0][..]),
        ("192.0.3.1", &[2]),
        ("::ffff:192.0.2.1", &[0]),
        ("192.0.2.0/24", &[1, 0]),
        ("192.0.2.128/25", &[1]),
        ("192.0.2.0/23", &[2, 1, 0]),
        ("0.0.0.0/0", &[5, 2, 1, 0]),
        ("2001:db8::/48", &[3]),
        ("2001:db8::/32", &[4, 3]),
        ("::/0", &[4, 3]),
        ("203.0.113.0/24", &[]),
        ("192.0.2.13", &[]),
    ] {
        assert_eq!(store.seconds(&address(range)).await, expected, "{range}");
    }
}

/// By a part of a known name, or the beginning of another one, in any case.
pub async fn attempts_are_filtered_by_device(store: Store) {
    let agents = ["curl/8.5.0", FIREFOX, CHROME, "CURLY/1", "Fire/1.0"];
    for (second, agent) in (0..).zip(agents) {
        store.fail_from(None, at(second), origin("192.0.2.1", agent)).await;
    }
    store.fail_from(None, at(9), Origin::default()).await;
    for (name, expected) in [
        ("CUR", &[3, 0][..]),
        ("curl", &[3, 0]),
        ("url", &[]),
        ("Firefox on Windows", &[1]),
        ("windows", &[2, 1]),
        ("fire", &[4, 1]),
        ("Unknown device", &[9]),
        ("' OR 1=1", &[]),
        ("%", &[]),
        ("_", &[]),
    ] {
        assert_eq!(store.seconds(&device(name)).await, expected, "{name}");
    }
}

/// Every filter at once.
pub async fn filters_of_attempts_combine(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let bob = a_user("bob").create(&*store.accounts).await;
    for second in 0..3 {
        store.fail_from(Some(&alice), at(second), origin("192.0.2.1", FIREFOX)).await;
    }
    store.fail_from(Some(&bob), at(1), origin("192.0.2.1", FIREFOX)).await;
    store.fail_from(Some(&alice), at(1), origin("192.0.3.1", FIREFOX)).await;
    store.fail_from(Some(&alice), at(1), origin("192.0.2.1", "curl/8")).await;
    store.sign_in_from(&alice, at(1), origin("192.0.2.1", FIREFOX)).await;
    let all = SignInFilter {
        outcome: Some(AttemptOutcome::Failure),
        user: Some(user_id("alice")),
        address: address("192.0.2.0/24").address,
        device: device("firefox").device,
        at: TimeSpan::parse(Some(at(1)), Some(at(2))).unwrap(),
    };
    assert_eq!(store.seconds(&all).await, [1]);
    assert_eq!(store.seconds(&SignInFilter { user: None, ..all.clone() }).await, [1, 1]);
    assert_eq!(store.seconds(&SignInFilter { outcome: None, ..all.clone() }).await, [1, 1]);
    assert_eq!(store.seconds(&SignInFilter { address: None, ..all.clone() }).await, [1, 1]);
    assert_eq!(store.seconds(&SignInFilter { device: None, ..all.clone() }).await, [1, 1]);
    assert_eq!(store.seconds(&SignInFilter { at: TimeSpan::default(), ..all }).await, [2, 1, 0]);
}

/// Their pages follow one another as those of few.
pub async fn many_attempts_are_not_counted_beyond_the_cap(store: Store) {
    for second in 0..1_003 {
        store.fail_from(None, at(second), origin("192.0.2.1", FIREFOX)).await;
    }
    for filter in [
        SignInFilter::default(),
        outcome(AttemptOutcome::Failure),
        address("192.0.2.1"),
        address("192.0.2.0/24"),
        device("Firefox on Windows"),
        device("firefox"),
        device("fir"),
        within(Some(at(0)), None),
    ] {
        let (mut seconds, mut request) = (Vec::new(), first(100));
        for _ in 0..2 {
            let page = store.sign_ins.list(&filter, &request).await.unwrap();
            assert_eq!(page.total, Total::ABOVE_CAP, "{filter:?}");
            seconds.extend(page.items.iter().map(|attempt| (attempt.at - crate::the_beginning()).num_seconds()));
            request = PageRequest { number: request.number + 1, after: page.next, ..request };
        }
        assert!(seconds.iter().copied().eq((803..1_003).rev()), "{filter:?}: {seconds:?}");
        let last = Position { key: at(2).timestamp_micros().to_string(), id: i64::MIN };
        let end = store.sign_ins.list(&filter, &PageRequest { after: Some(last), ..request }).await.unwrap();
        assert_eq!((end.items.len(), end.next), (2, None), "{filter:?}");
    }
    assert_eq!(store.seconds(&within(Some(at(1_000)), None)).await, [1_002, 1_001, 1_000]);
}

/// Callers can put any value into a cursor.
pub async fn a_forged_cursor_of_attempts_is_not_an_error(store: Store) {
    store.fail_from(None, at(1), origin("192.0.2.1", FIREFOX)).await;
    for key in ["", "alice", "9223372036854775807", "-9223372036854775808", "1e9", "' OR 1=1"] {
        for id in [i64::MIN, 0, i64::MAX] {
            let after = Some(Position { key: key.to_owned(), id });
            let request = PageRequest { number: 2, after, ..first(10) };
            for filter in [SignInFilter::default(), address("192.0.2.0/24")] {
                assert_eq!(store.sign_ins.list(&filter, &request).await.unwrap().total, Total::exact(1));
            }
        }
    }
}
