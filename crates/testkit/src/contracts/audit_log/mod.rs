//! The contract of `AuditLog`.

mod filtering;

use std::collections::BTreeSet;
use std::sync::Arc;

use steward_domain::{
    Action, ActorKind, AuditEntry, AuditFilter, AuditRecord, Origin, PageRequest, PageSize, Position, SearchTerm,
    Total, UserChange,
};
use tokio::task::JoinSet;

pub use filtering::*;

use crate::contracts::Store;
use crate::contracts::fixture::{assert_recorded, decided, page_size};
use crate::{a_user, an_entry, at, the_beginning, user_id};

/// Adds an entry with an empty change of a user: entries are only written with changes.
async fn add(store: &Store, entry: AuditEntry) {
    store.users.update(&user_id("subject"), decided((UserChange::default(), entry))).await.unwrap();
}

/// Creates the user for [`add`]. The trail starts with the entry of this creation.
async fn begin(store: &Store) {
    a_user("subject").created_at(at(-1000)).create(&*store.accounts).await;
}

async fn list(store: &Store, filter: &AuditFilter) -> (Vec<AuditRecord>, Total) {
    let request = PageRequest { size: page_size(PageSize::MAX), ..PageRequest::default() };
    let page = store.audit_log.list(filter, &request).await.unwrap();
    (page.items, page.total)
}

/// No items, a total of zero, no next page.
pub async fn an_empty_trail_lists_nothing(store: Store) {
    let page = store.audit_log.list(&AuditFilter::default(), &PageRequest::default()).await.unwrap();
    assert_eq!((page.items, page.total, page.next), (vec![], Total::exact(0), None));
}

/// With microseconds and in any script; absent fields stay absent.
pub async fn every_field_of_an_entry_survives_storage(store: Store) {
    begin(&store).await;
    let full = AuditEntry {
        timestamp: the_beginning(),
        actor_kind: ActorKind::User,
        actor_id: "root".into(),
        actor_name: "관리자 \u{1f980}".into(),
        action: Action::UserUpdated,
        target: Some("subject".into()),
        details: Some("name: Éva → \"O'Brien\"; 100% \\ _".into()),
        origin: Origin::new(Some([192, 0, 2, 1].into()), Some(&"x".repeat(600))),
        acting: None,
    };
    let bare = AuditEntry {
        target: None,
        details: None,
        origin: Origin::default(),
        actor_kind: ActorKind::System,
        actor_id: AuditEntry::SYSTEM.into(),
        ..full.clone()
    };
    let v6 = AuditEntry { origin: Origin::new(Some("2001:db8::1".parse().unwrap()), None), ..full.clone() };
    let cli = AuditEntry { actor_kind: ActorKind::Cli, ..bare.clone() };
    // A user with this id is distinguished from the program.
    let user = AuditEntry { actor_kind: ActorKind::User, ..bare.clone() };
    let mut expected = vec![full, bare, v6, cli, user];
    expected.extend(Action::ALL.map(|action| an_entry(action, "subject", at(1))));
    for entry in &expected {
        add(&store, entry.clone()).await;
    }
    let trail = store.trail().await;
    assert_eq!(trail.len(), 1 + expected.len());
    for (record, entry) in trail[1..].iter().zip(&expected) {
        assert_recorded(record, entry);
    }
}

/// Entries of one instant are listed in reverse order of insertion.
pub async fn entries_are_listed_newest_first(store: Store) {
    begin(&store).await;
    for n in 0..9 {
        add(&store, an_entry(Action::UserUpdated, "subject", at(n / 3)).with_details(n.to_string())).await;
    }
    let (records, _) = list(&store, &AuditFilter::default()).await;
    let shown: Vec<&str> = records.iter().filter_map(|record| record.details.as_deref()).collect();
    assert_eq!(shown, ["8", "7", "6", "5", "4", "3", "2", "1", "0"]);
    assert!(records.windows(2).all(|pair| pair[0].id > pair[1].id), "later entries have larger ids");
}

/// For every page size, with a filter and without.
pub async fn pages_by_cursor_and_by_number_return_the_same_list(store: Store) {
    begin(&store).await;
    for n in 0..23 {
        let action = if n % 2 == 0 { Action::UserUpdated } else { Action::PasswordReset };
        add(&store, an_entry(action, "subject", at(n / 4))).await;
    }
    for filter in
        [AuditFilter::default(), AuditFilter { action: Some(Action::PasswordReset), ..AuditFilter::default() }]
    {
        let (whole, total) = list(&store, &filter).await;
        for size in [1, 5, 8, 24] {
            let mut after = None;
            let pages = whole.chunks(size as usize);
            let last = pages.len();
            for (n, items) in pages.enumerate() {
                let number = u32::try_from(n).unwrap() + 1;
                let by_number = PageRequest { number, size: page_size(size), after: None };
                let by_cursor = PageRequest { after, ..by_number.clone() };
                let by_number = store.audit_log.list(&filter, &by_number).await.unwrap();
                let by_cursor = store.audit_log.list(&filter, &by_cursor).await.unwrap();
                assert_eq!(
                    (&by_number.items[..], by_number.total),
                    (items, total),
                    "{filter:?} page {number} by {size}"
                );
                assert_eq!(by_cursor, by_number);
                assert_eq!(by_cursor.next.is_some(), n + 1 < last);
                after = by_cursor.next;
            }
        }
        let beyond = PageRequest { number: 0x7fff_ffff, size: page_size(100), after: None };
        let beyond = store.audit_log.list(&filter, &beyond).await.unwrap();
        assert_eq!((beyond.items, beyond.total, beyond.next), (vec![], total, None));
    }
}

/// New entries come before the cursor.
pub async fn a_cursor_remains_valid_after_new_entries(store: Store) {
    begin(&store).await;
    for n in 1..=5 {
        add(&store, an_entry(Action::UserUpdated, "subject", at(n)).with_details(n.to_string())).await;
    }
    let request = PageRequest { size: page_size(3), ..PageRequest::default() };
    let page = store.audit_log.list(&AuditFilter::default(), &request).await.unwrap();
    add(&store, an_entry(Action::UserUpdated, "subject", at(6)).with_details("6")).await;
    let request = PageRequest { number: 2, after: page.next, ..request };
    let page = store.audit_log.list(&AuditFilter::default(), &request).await.unwrap();
    let shown: Vec<_> = page.items.iter().map(|record| record.details.as_deref()).collect();
    assert_eq!(shown, [Some("2"), Some("1"), None]);
    assert_eq!((page.total, page.next), (Total::exact(7), None));
}

/// Callers can put any value into a cursor. The result is some page, not an error.
pub async fn a_forged_cursor_is_not_an_error(store: Store) {
    begin(&store).await;
    for key in ["", "x", "'", "9999999999999999999", "-1", "2026-02-31T00:00:00Z", "NaN"] {
        for id in [0, -1, i64::MIN, i64::MAX] {
            let after = Some(Position { key: key.to_owned(), id });
            let request = PageRequest { number: 2, after, ..PageRequest::default() };
            let page = store.audit_log.list(&AuditFilter::default(), &request).await;
            assert!(page.is_ok(), "after {key:?} {id}: {:?}", page.err());
        }
    }
}

/// Without the name, which the deletion erases.
pub async fn entries_outlive_their_users(store: Store) {
    let (user, record) = a_user("alice").name("Alice A.").registration();
    store.accounts.create(user, record.clone()).await.unwrap();
    store.delete("alice", at(1)).await.unwrap();
    let trail = store.trail().await;
    assert_eq!(trail.len(), 2);
    let erased = steward_domain::AuditEntry::ERASED.to_owned();
    assert_recorded(&trail[0], &steward_domain::AuditEntry { actor_name: erased, ..record.audit });
}

/// With a filter or a search, the total may be capped beyond 1,000 matches, and is marked as capped.
pub async fn a_filtered_total_is_exact_up_to_the_cap(store: Store) {
    let many = usize::try_from(Total::CAP).unwrap();
    let users = (0..many).map(|n| a_user(&format!("many{n}")).registration()).collect();
    assert!(store.accounts.create_first(users).await.unwrap());
    let created = AuditFilter { action: Some(Action::UserCreated), ..AuditFilter::default() };
    let search = AuditFilter { search: SearchTerm::parse("MANY").unwrap(), ..AuditFilter::default() };
    let total = async |filter: &AuditFilter| store.audit_log.list(filter, &PageRequest::default()).await.unwrap().total;
    for filter in [&created, &search] {
        assert_eq!(total(filter).await, Total::exact(Total::CAP), "{filter:?}");
    }
    a_user("many-more").create(&*store.accounts).await;
    for filter in [&created, &search] {
        let capped = total(filter).await;
        assert!(capped == Total::ABOVE_CAP || capped == Total::exact(Total::CAP + 1), "{capped:?}");
    }
    let one = AuditFilter { target: Some(user_id("many-more")), ..AuditFilter::default() };
    assert_eq!(total(&one).await, Total::exact(1));
    // Of many entries with the term, one passes the other filter.
    assert_eq!(total(&AuditFilter { search: search.search, ..one }).await, Total::exact(1));
    assert_eq!(total(&AuditFilter::default()).await, Total::exact(Total::CAP + 1));
}

/// No entry is lost, and all ids differ.
pub async fn concurrent_changes_write_all_their_entries(store: Store) {
    let mut creations = JoinSet::new();
    for n in 0..50 {
        let accounts = Arc::clone(&store.accounts);
        creations.spawn(async move { a_user(&format!("user{n}")).created_at(at(n % 3)).create(&*accounts).await });
    }
    creations.join_all().await;
    let trail = store.trail().await;
    let ids: BTreeSet<i64> = trail.iter().map(|record| record.id).collect();
    let targets: BTreeSet<_> = trail.iter().map(|record| record.target.clone()).collect();
    assert_eq!((trail.len(), ids.len(), targets.len()), (50, 50, 50));
    assert_eq!(list(&store, &AuditFilter::default()).await.1, Total::exact(50));
}
