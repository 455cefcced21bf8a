//! The contract of `ActivityStatistics`, and of the activity that `Accounts`, `Sessions` and `SignIns` record.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use steward_domain::activity::{Change, parse_day};
use steward_domain::ports::{SignIns, StoreError};
use steward_domain::{
    ActivityCounts, ActivityOverview, ActivityRange, FailedSignIn, FailureReason, Interval, OpenOutcome, Origin,
    RefreshOutcome, Rotation, TimeZone, Timestamp, TokenHash, Total, User,
};
use tokio::task::JoinSet;

use super::Store;
use crate::{a_hash, a_user, at};

fn day(text: &str) -> NaiveDate {
    parse_day(text).unwrap()
}

/// An instant on a day.
fn on(text: &str) -> Timestamp {
    format!("{text}Z").parse().unwrap()
}

async fn points(store: &Store, from: &str, to: &str, interval: Interval) -> Vec<ActivityCounts> {
    let range = ActivityRange::new(Some(day(from)), Some(day(to)), interval, day("2026-01-01")).unwrap();
    store.activity.activity(&range).await.unwrap()
}

/// The number of active users by the first day of the bucket.
async fn active(store: &Store, from: &str, to: &str, interval: Interval) -> Vec<(String, u64)> {
    let points = points(store, from, to, interval).await.into_iter();
    points.map(|point| (point.date.to_string(), point.active_users)).collect()
}

async fn fail(sign_ins: &dyn SignIns, user: Option<&User>, at: Timestamp) -> Result<(), StoreError> {
    let (user, reason) = (user.map(|user| user.id), FailureReason::WrongPassword);
    sign_ins.record(FailedSignIn { at, user, reason, origin: Origin::default(), messages: Vec::new() }).await
}

fn expected<const N: usize>(points: [(&str, u64); N]) -> Vec<(String, u64)> {
    points.map(|(day, count)| (day.to_owned(), count)).to_vec()
}

/// Buckets without activity are returned with zeros.
pub async fn an_empty_store_returns_empty_buckets(store: Store) {
    for (interval, buckets) in [
        (Interval::Day, vec!["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]),
        (Interval::Week, vec!["2026-02-23", "2026-03-02"]),
        (Interval::Month, vec!["2026-02-01", "2026-03-01"]),
    ] {
        let expected: Vec<_> = buckets.into_iter().map(|date| ActivityCounts::none(day(date))).collect();
        assert_eq!(points(&store, "2026-02-27", "2026-03-03", interval).await, expected);
    }
    let overview = store.activity.overview(at(0)).await.unwrap();
    let nothing = Change::default();
    let expected = ActivityOverview {
        total_users: 0,
        active_users: 0,
        new_users_7_days: nothing,
        new_users_30_days: nothing,
        active_sessions: Total::exact(0),
        failed_sign_ins_24_hours: nothing,
        daily_active_users: 0,
        weekly_active_users: 0,
        monthly_active_users: 0,
    };
    assert_eq!(overview, expected);
}

/// In UTC: registrations, sign-ins and failures, with a user or without.
pub async fn events_count_in_their_day_to_the_microsecond(store: Store) {
    let midnight = on("2026-01-05T00:00:00");
    let last = midnight - TimeDelta::microseconds(1);
    let alice = a_user("alice").created_at(last).create(&*store.accounts).await;
    let bob = a_user("bob").created_at(midnight).create(&*store.accounts).await;
    a_user("carol").created_at(midnight + TimeDelta::hours(23)).inactive().create(&*store.accounts).await;
    for (user, at) in [(&alice, last), (&bob, midnight), (&alice, midnight), (&alice, midnight + TimeDelta::hours(9))] {
        store.open(user, at).await;
    }
    fail(&*store.sign_ins, Some(&alice), last).await.unwrap();
    fail(&*store.sign_ins, None, last).await.unwrap();
    fail(&*store.sign_ins, None, midnight).await.unwrap();
    let point = |date, registrations, sign_ins, failed_sign_ins, active_users| ActivityCounts {
        date: day(date),
        registrations,
        sign_ins,
        failed_sign_ins,
        active_users,
    };
    let expected = [
        point("2026-01-03", 0, 0, 0, 0),
        point("2026-01-04", 1, 1, 2, 1),
        point("2026-01-05", 2, 3, 1, 2),
        point("2026-01-06", 0, 0, 0, 0),
    ];
    assert_eq!(points(&store, "2026-01-03", "2026-01-07", Interval::Day).await, expected);
    let expected = [point("2025-12-29", 1, 1, 2, 1), point("2026-01-05", 2, 3, 1, 2)];
    assert_eq!(points(&store, "2026-01-04", "2026-01-06", Interval::Week).await, expected);
    assert_eq!(points(&store, "2026-01-31", "2026-02-01", Interval::Month).await, [point("2026-01-01", 3, 4, 3, 2)]);
}

/// However often they sign in, and on any number of days. 2026-01-05 is a Monday.
pub async fn a_user_counts_once_in_each_day_week_and_month(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let bob = a_user("bob").create(&*store.accounts).await;
    for text in ["2026-01-04T23:00:00", "2026-01-05T01:00:00", "2026-01-05T02:00:00", "2026-01-31T12:00:00"] {
        store.open(&alice, on(text)).await;
    }
    for text in ["2026-01-05T03:00:00", "2026-02-01T00:00:00", "2026-02-02T00:00:00", "2026-03-31T00:00:00"] {
        store.open(&bob, on(text)).await;
    }
    let days = active(&store, "2026-01-04", "2026-01-07", Interval::Day).await;
    assert_eq!(days, expected([("2026-01-04", 1), ("2026-01-05", 2), ("2026-01-06", 0)]));
    let weeks = active(&store, "2026-01-01", "2026-02-03", Interval::Week).await;
    let expected_weeks = [
        ("2025-12-29", 1),
        ("2026-01-05", 2),
        ("2026-01-12", 0),
        ("2026-01-19", 0),
        ("2026-01-26", 2),
        ("2026-02-02", 1),
    ];
    assert_eq!(weeks, expected(expected_weeks));
    let months = active(&store, "2026-01-01", "2026-04-01", Interval::Month).await;
    assert_eq!(months, expected([("2026-01-01", 2), ("2026-02-01", 1), ("2026-03-01", 1)]));
}

/// Once a day, even with two sessions, one of them ended. Unknown sessions do not count.
pub async fn continued_sessions_count_as_activity(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let bob = a_user("bob").create(&*store.accounts).await;
    let (one, two) = (store.open(&alice, on("2026-01-04T23:59:59")).await, store.open(&alice, at(0)).await);
    let of_bob = store.open(&bob, on("2026-01-04T23:00:00")).await;
    store.sessions.end(two, on("2026-01-05T00:00:02")).await.unwrap();
    let unknown = store.a_session(&bob, at(0)).id;
    let monday = on("2026-01-05T00:00:01");
    for _ in 0..2 {
        store.sessions.record_last_seen(&[(one, monday), (two, monday), (unknown, monday)]).await.unwrap();
    }
    // Two days in one call: the later day is recorded.
    store
        .sessions
        .record_last_seen(&[(of_bob, on("2026-01-06T09:00:00")), (two, on("2026-01-06T10:00:00"))])
        .await
        .unwrap();
    let days = active(&store, "2026-01-04", "2026-01-08", Interval::Day).await;
    assert_eq!(days, expected([("2026-01-04", 2), ("2026-01-05", 1), ("2026-01-06", 2), ("2026-01-07", 0)]));
    let weeks = active(&store, "2026-01-04", "2026-01-08", Interval::Week).await;
    assert_eq!(weeks, expected([("2025-12-29", 2), ("2026-01-05", 2)]));
    let sign_ins: u64 =
        points(&store, "2026-01-01", "2026-01-08", Interval::Day).await.iter().map(|p| p.sign_ins).sum();
    assert_eq!(sign_ins, 3);
}

/// A browser that was open all night starts the next day with a refresh.
pub async fn a_refresh_counts_as_activity(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let session = store.a_session(&alice, on("2026-01-04T23:50:00"));
    store.open_as(&alice, session.clone()).await;
    let now = on("2026-01-05T00:10:00");
    let rotation = Rotation {
        presented: session.refresh,
        successor: TokenHash::of(b"successor"),
        previous_key_successor: None,
        now,
        idle: TimeDelta::minutes(30),
        grace: TimeDelta::seconds(10),
        origin: Origin::default(),
    };
    for _ in 0..2 {
        let rotated = store.sessions.refresh(rotation.clone()).await.unwrap();
        assert!(matches!(rotated, RefreshOutcome::Done { .. }), "{rotated:?}");
    }
    let days = active(&store, "2026-01-04", "2026-01-07", Interval::Day).await;
    assert_eq!(days, expected([("2026-01-04", 1), ("2026-01-05", 1), ("2026-01-06", 0)]));
}

/// Within the last 1, 7 and 30 days, including today.
pub async fn recently_active_users_count_once(store: Store) {
    for (n, text) in
        ["2026-01-01", "2026-01-02", "2026-01-24", "2026-01-25", "2026-01-30", "2026-01-31"].iter().enumerate()
    {
        let user = a_user(&format!("user{n}")).create(&*store.accounts).await;
        store.open(&user, on("2025-12-01T08:00:00")).await;
        store.open(&user, on(&format!("{text}T08:00:00"))).await;
        store.open(&user, on(&format!("{text}T23:59:59"))).await;
    }
    let lately = async |text: &str| {
        let overview = store.activity.overview(on(text)).await.unwrap();
        (overview.daily_active_users, overview.weekly_active_users, overview.monthly_active_users)
    };
    assert_eq!(lately("2026-01-31T00:00:00").await, (1, 3, 5));
    assert_eq!(lately("2026-01-31T23:59:59").await, (1, 3, 5));
    assert_eq!(lately("2026-02-01T00:00:00").await, (0, 2, 4));
    assert_eq!(lately("2026-02-06T00:00:00").await, (0, 1, 4));
    assert_eq!(lately("2026-03-02T00:00:00").await, (0, 0, 0));
}

/// Only registrations are limited to existing users.
pub async fn activity_outlives_purged_attempts_and_deleted_users(store: Store) {
    let alice = a_user("alice").created_at(on("2026-01-05T00:00:00")).create(&*store.accounts).await;
    let bob = a_user("bob").created_at(on("2026-01-05T00:00:00")).create(&*store.accounts).await;
    for user in [&alice, &bob] {
        store.open(user, on("2026-01-05T09:00:00")).await;
        fail(&*store.sign_ins, Some(user), on("2026-01-05T09:00:00")).await.unwrap();
    }
    assert_eq!(store.sign_ins.purge(on("2026-01-06T00:00:00"), 10).await.unwrap(), 4);
    store.delete("alice", on("2026-01-05T10:00:00")).await.unwrap();
    let expected = [ActivityCounts {
        date: day("2026-01-05"),
        registrations: 1,
        sign_ins: 2,
        failed_sign_ins: 2,
        active_users: 2,
    }];
    assert_eq!(points(&store, "2026-01-05", "2026-01-06", Interval::Day).await, expected);
    let overview = store.activity.overview(on("2026-01-05T11:00:00")).await.unwrap();
    assert_eq!((overview.total_users, overview.new_users_7_days.now, overview.daily_active_users), (1, 1, 2));
    assert_eq!((overview.active_sessions, overview.failed_sign_ins_24_hours.now), (Total::exact(0), 2));
}

/// 24 hours, 7 days and 30 days, and the spans before them.
pub async fn spans_end_exactly_at_the_given_instant(store: Store) {
    let now = on("2026-06-15T12:34:56.789012");
    let instant = TimeDelta::microseconds(1);
    let (day, hour) = (TimeDelta::days(1), TimeDelta::hours(1));
    for ago in [hour, day - instant, day, day + instant, day + hour, day * 2, day * 2 + instant, day * 3] {
        fail(&*store.sign_ins, None, now - ago).await.unwrap();
    }
    let week = day * 7;
    let month = day * 30;
    let ages = [hour, week, week + instant, week * 2, week * 2 + instant, month, month + instant, month * 2, month * 3];
    for (n, ago) in ages.into_iter().enumerate() {
        a_user(&format!("user{n}")).created_at(now - ago).create(&*store.accounts).await;
    }
    let overview = store.activity.overview(now).await.unwrap();
    assert_eq!(overview.failed_sign_ins_24_hours, Change { now: 3, before: 3 });
    assert_eq!(overview.new_users_7_days, Change { now: 2, before: 2 });
    assert_eq!(overview.new_users_30_days, Change { now: 6, before: 2 });
    assert_eq!((overview.total_users, overview.active_users), (9, 9));
}

/// Sessions that have ended or expired, or whose user is inactive, are not counted.
pub async fn only_active_sessions_are_counted(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let bob = a_user("bob").create(&*store.accounts).await;
    let ended = store.open(&alice, at(0)).await;
    for user in [&alice, &alice, &bob] {
        store.open(user, at(0)).await;
    }
    store.sessions.end(ended, at(1)).await.unwrap();
    let good = async |now| store.activity.overview(now).await.unwrap().active_sessions;
    assert_eq!(good(at(2)).await, Total::exact(3));
    assert_eq!(good(at(3600)).await, Total::exact(0));
    store.set_active("bob", false, at(3)).await;
    let overview = store.activity.overview(at(4)).await.unwrap();
    assert_eq!((overview.active_sessions, overview.active_users), (Total::exact(2), 1));
}

/// The user is inactive.
pub async fn a_rejected_session_is_not_activity(store: Store) {
    let eve = a_user("eve").inactive().create(&*store.accounts).await;
    let session = store.a_session(&eve, at(1));
    assert_eq!(store.sessions.open(session.clone(), &a_hash("eve")).await.unwrap(), OpenOutcome::Inactive);
    store.sessions.record_last_seen(&[(session.id, at(2)), (session.id, at(100_000))]).await.unwrap();
    store.sessions.record_last_seen(&[]).await.unwrap();
    let sum = points(&store, "2026-01-01", "2026-02-01", Interval::Month).await;
    assert_eq!(sum, [ActivityCounts { registrations: 1, ..ActivityCounts::none(day("2026-01-01")) }]);
    assert_eq!(store.activity.overview(at(3)).await.unwrap().daily_active_users, 0);
}

/// No event is lost or counted twice, and no transactions deadlock.
pub async fn activity_is_exact_after_concurrent_changes(store: Store) {
    const USERS: usize = 8;
    let mut users = Vec::new();
    for n in 0..USERS {
        let user = a_user(&format!("user{n}")).create(&*store.accounts).await;
        let session = store.open(&user, on("2026-01-03T08:00:00")).await;
        users.push((user, session));
    }
    let seen: Vec<_> = users.iter().map(|(_, id)| (*id, on("2026-01-04T08:00:00"))).collect();
    let mut tasks = JoinSet::new();
    for round in 0..6 {
        for (user, _) in &users {
            let (sessions, sign_ins, user) = (Arc::clone(&store.sessions), Arc::clone(&store.sign_ins), user.clone());
            let session = store.a_session(&user, on("2026-01-04T09:00:00"));
            let hash = a_hash(user.user_id.as_str());
            tasks.spawn(async move {
                let opened = sessions.open(session, &hash).await.unwrap();
                assert!(matches!(opened, OpenOutcome::Opened(_)), "{opened:?}");
                fail(&*sign_ins, Some(&user), on("2026-01-04T09:00:00")).await.unwrap();
            });
        }
        let sessions = Arc::clone(&store.sessions);
        let mut seen = seen.clone();
        seen.rotate_left(round);
        tasks.spawn(async move { sessions.record_last_seen(&seen).await.unwrap() });
    }
    tasks.join_all().await;
    let (rounds, all) = (6, USERS as u64);
    let of_the_day = ActivityCounts {
        date: day("2026-01-04"),
        registrations: 0,
        sign_ins: rounds * all,
        failed_sign_ins: rounds * all,
        active_users: all,
    };
    assert_eq!(points(&store, "2026-01-04", "2026-01-05", Interval::Day).await, [of_the_day]);
    assert_eq!(active(&store, "2026-01-04", "2026-01-05", Interval::Week).await, expected([("2025-12-29", all)]));
    assert_eq!(active(&store, "2026-01-04", "2026-01-05", Interval::Month).await, expected([("2026-01-01", all)]));
    let overview = store.activity.overview(on("2026-01-05T00:00:00")).await.unwrap();
    assert_eq!((overview.daily_active_users, overview.weekly_active_users), (0, all));
}

/// Registrations, sign-ins and failures on days of 0, 23, 24 and 25 hours. Active users count in days of UTC.
pub async fn events_count_in_their_day_of_a_time_zone(store: Store) {
    // The first instants of each day and of the day after the last one.
    let zones: [(&str, &str, &[&str]); 7] = [
        ("Asia/Seoul", "2026-01-05", &["2026-01-04T15:00:00", "2026-01-05T15:00:00", "2026-01-06T15:00:00"]),
        (
            "Europe/Berlin",
            "2026-03-28",
            &["2026-03-27T23:00:00", "2026-03-28T23:00:00", "2026-03-29T22:00:00", "2026-03-30T22:00:00"],
        ),
        (
            "Europe/Berlin",
            "2026-10-24",
            &["2026-10-23T22:00:00", "2026-10-24T22:00:00", "2026-10-25T23:00:00", "2026-10-26T23:00:00"],
        ),
        // The clock goes back at midnight, or skips it.
        (
            "America/Sao_Paulo",
            "2018-02-16",
            &["2018-02-16T02:00:00", "2018-02-17T02:00:00", "2018-02-18T03:00:00", "2018-02-19T03:00:00"],
        ),
        (
            "Africa/Cairo",
            "2026-04-23",
            &["2026-04-22T22:00:00", "2026-04-23T22:00:00", "2026-04-24T21:00:00", "2026-04-25T21:00:00"],
        ),
        // The zone skipped 2011-12-30.
        (
            "Pacific/Apia",
            "2011-12-29",
            &["2011-12-29T10:00:00", "2011-12-30T10:00:00", "2011-12-30T10:00:00", "2011-12-31T10:00:00"],
        ),
        // Days begin at half past 18 in UTC: all events of this hour count in the day before.
        ("Asia/Kolkata", "2026-06-02", &["2026-06-01T19:00:00", "2026-06-02T19:00:00"]),
    ];
    let instant = TimeDelta::microseconds(1);
    for (zone, first, starts) in zones {
        let zone = TimeZone::parse(zone).unwrap();
        let ends: BTreeSet<_> = starts.iter().flat_map(|start| [on(start) - instant, on(start)]).collect();
        for (n, at) in ends.into_iter().enumerate() {
            let id = format!("{}-{first}-{n}", zone.name().replace('/', "-").to_lowercase());
            let user = a_user(&id).created_at(at).create(&*store.accounts).await;
            store.open(&user, at).await;
            fail(&*store.sign_ins, Some(&user), at).await.unwrap();
        }
        let days = starts.len() - 1;
        let (from, to) = (day(first), day(first) + TimeDelta::days(i64::try_from(days).unwrap()));
        let range = ActivityRange::new(Some(from), Some(to), Interval::Day, from).unwrap();
        let counts = store.activity.activity(&range.in_time_zone(zone)).await.unwrap();
        // Each day has the events of its first and of its last instant, unless the zone skips the day.
        let expected: Vec<_> = starts.windows(2).map(|ends| if ends[0] == ends[1] { 0 } else { 2 }).collect();
        for count in [
            |counts: &ActivityCounts| counts.registrations,
            |counts: &ActivityCounts| counts.sign_ins,
            |counts: &ActivityCounts| counts.failed_sign_ins,
        ] {
            assert_eq!(counts.iter().map(count).collect::<Vec<_>>(), expected, "{zone} {counts:?}");
        }
        let in_utc = store.activity.activity(&range).await.unwrap();
        let active = |counts: &[ActivityCounts]| counts.iter().map(|counts| counts.active_users).collect::<Vec<_>>();
        assert_eq!(active(&counts), active(&in_utc), "{zone}");
    }
}
