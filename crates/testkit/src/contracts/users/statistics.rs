//! Statistics of all users.

use std::sync::Arc;

use chrono::TimeDelta;
use steward_domain::{Action, Role, UserChange, UserStatistics};
use tokio::task::JoinSet;

use crate::contracts::Store;
use crate::contracts::fixture::decided;
use crate::{a_user, an_entry, at, the_beginning, user_id};

/// The number of users of each role and status; zeros may be omitted.
fn counts(statistics: &UserStatistics) -> Vec<(Role, bool, u64)> {
    let mut counts: Vec<_> = statistics.counts.iter().copied().filter(|(_, _, count)| *count > 0).collect();
    counts.sort_unstable();
    counts
}

/// Including recent registrations.
pub async fn the_statistics_of_an_empty_store_are_zero(store: Store) {
    let statistics = store.users.statistics(at(0)).await.unwrap();
    assert_eq!((counts(&statistics), statistics.total(), statistics.recent_registrations), (vec![], 0, 0));
}

/// Creation, each kind of change, and deletion.
pub async fn the_statistics_follow_every_change(store: Store) {
    let assert_numbers = async |expected: &[(Role, bool, u64)]| {
        let statistics = store.users.statistics(at(60)).await.unwrap();
        assert_eq!(counts(&statistics), expected);
        assert_eq!(statistics.recent_registrations, statistics.total());
    };
    a_user("one").create(&*store.accounts).await;
    a_user("two").create(&*store.accounts).await;
    a_user("three").inactive().create(&*store.accounts).await;
    a_user("root").super_admin().create(&*store.accounts).await;
    assert_numbers(&[(Role::User, false, 1), (Role::User, true, 2), (Role::SuperAdmin, true, 1)]).await;
    let promoted = UserChange { role: Some(Role::Admin), is_active: Some(false), ..UserChange::default() };
    store.change("two", promoted, at(1)).await.unwrap();
    store.set_active("three", true, at(1)).await;
    assert_numbers(&[(Role::User, true, 2), (Role::Admin, false, 1), (Role::SuperAdmin, true, 1)]).await;
    store.delete("two", at(2)).await.unwrap();
    store.delete("one", at(2)).await.unwrap();
    assert_numbers(&[(Role::User, true, 1), (Role::SuperAdmin, true, 1)]).await;
}

/// Just inside and just outside of the span, around a full hour and midnight, and after a deletion.
pub async fn registrations_of_thirty_days_are_recent_to_the_microsecond(store: Store) {
    let (day, hour) = (TimeDelta::days(1), TimeDelta::hours(1));
    let month = TimeDelta::days(UserStatistics::RECENT_DAYS);
    let instants = [
        TimeDelta::zero(),
        TimeDelta::microseconds(1),
        TimeDelta::microseconds(-1),
        TimeDelta::minutes(10),
        TimeDelta::minutes(-10),
        hour,
        -hour,
        day,
        -day,
    ];
    let since: Vec<_> = instants.iter().map(|instant| the_beginning() + *instant).collect();
    for (n, created_at) in since.iter().enumerate() {
        a_user(&format!("user{n}")).created_at(*created_at).create(&*store.accounts).await;
    }
    let recent = async |now| store.users.statistics(now).await.unwrap().recent_registrations;
    for instant in instants {
        for away in [TimeDelta::microseconds(500), TimeDelta::microseconds(-500), TimeDelta::minutes(59), -hour] {
            let begins = the_beginning() + instant + away;
            // The contract does not define whether "the last 30 days" include their first instant.
            if since.contains(&begins) {
                continue;
            }
            let expected = since.iter().filter(|created_at| **created_at > begins);
            assert_eq!(recent(begins + month).await, expected.count() as u64, "30 days from {begins}");
        }
    }
    let begins = the_beginning() + TimeDelta::microseconds(500);
    let before = recent(begins + month).await;
    store.delete("user1", at(0)).await.unwrap();
    assert_eq!(recent(begins + month).await, before, "was not counted");
    store.delete("user3", at(0)).await.unwrap();
    assert_eq!(recent(begins + month).await, before - 1);
}

/// No concurrent change is lost or counted twice.
pub async fn the_statistics_are_exact_after_concurrent_changes(store: Store) {
    let mut changes = JoinSet::new();
    for n in 0..40 {
        let (users, accounts) = (Arc::clone(&store.users), Arc::clone(&store.accounts));
        changes.spawn(async move {
            let id = format!("user{n}");
            a_user(&id).create(&*accounts).await;
            let role = (n % 2 == 0).then_some(Role::Admin);
            let change = UserChange { role, is_active: Some(n % 4 != 3), ..UserChange::default() };
            let entry = || an_entry(Action::UserUpdated, &id, at(1));
            users.update(&user_id(&id), decided((change, entry()))).await.unwrap();
            if n % 5 == 0 {
                let entry = entry();
                users.delete(&user_id(&id), Box::new(|_| Ok(entry.into()))).await.unwrap();
            }
        });
    }
    changes.join_all().await;
    let left = (0..40).filter(|n| n % 5 != 0);
    let admins = left.clone().filter(|n| n % 2 == 0).count() as u64;
    let inactive = left.clone().filter(|n| n % 4 == 3).count() as u64;
    let active = left.filter(|n| n % 2 == 1 && n % 4 != 3).count() as u64;
    let statistics = store.users.statistics(at(2)).await.unwrap();
    let expected = [(Role::User, false, inactive), (Role::User, true, active), (Role::Admin, true, admins)];
    assert_eq!(counts(&statistics), expected);
    assert_eq!(statistics.recent_registrations, admins + inactive + active);
}
