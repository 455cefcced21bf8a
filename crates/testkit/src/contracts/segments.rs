//! The contract of `Segments`.

use chrono::TimeDelta;
use steward_domain::ports::{SaveSegmentError, SavedSegment};
use steward_domain::{Role, Segment, SegmentName, SegmentQuery, UserChange, UserKey};
use tokio::task::JoinSet;

use super::Store;
use crate::{a_user, at};

fn name(text: &str) -> SegmentName {
    SegmentName::parse(text).expect("a segment's name")
}

fn query(text: &str) -> SegmentQuery {
    SegmentQuery::parse(text).expect("a query string")
}

impl Store {
    async fn save_segment(&self, owner: UserKey, name_text: &str, query_text: &str) -> SavedSegment {
        self.segments.save(owner, name(name_text), query(query_text), at(0)).await.unwrap()
    }

    async fn segment_names(&self, owner: UserKey) -> Vec<String> {
        let segments = self.segments.list(owner).await.unwrap();
        segments.iter().map(|segment| segment.name.as_str().to_owned()).collect()
    }
}

/// With microseconds, for the longest values, too.
pub async fn every_field_of_a_segment_survives_storage(store: Store) {
    let boss = a_user("boss").admin().create(&*store.accounts).await;
    assert!(store.segments.list(boss.id).await.unwrap().is_empty());
    let expected = Segment {
        name: name(&"길".repeat(SegmentName::MAX)),
        query: query(&"x".repeat(SegmentQuery::MAX)),
        created_at: at(5) + TimeDelta::microseconds(1),
        updated_at: at(5) + TimeDelta::microseconds(1),
    };
    let Segment { name, query, created_at, .. } = expected.clone();
    let saved = store.segments.save(boss.id, name, query, created_at).await.unwrap();
    assert_eq!(saved, SavedSegment { segment: expected.clone(), is_new: true });
    assert_eq!(store.segments.list(boss.id).await.unwrap(), [expected]);
    assert_eq!(store.trail().await.len(), 1, "segments are not audited");
}

/// Names are compared without case, in any script.
pub async fn saving_under_an_existing_name_replaces_the_segment(store: Store) {
    let boss = a_user("boss").admin().create(&*store.accounts).await;
    for (first, second) in [("VIPs", "vipS"), ("Ärzte", "ÄRZTE"), ("οδος", "ΟΔΟΣ"), ("%_'\u{1F600}", "%_'\u{1F600}")]
    {
        store.segments.save(boss.id, name(first), query("role=user"), at(1)).await.unwrap();
        let saved = store.segments.save(boss.id, name(second), query("role=admin"), at(2)).await.unwrap();
        let expected = Segment { name: name(second), query: query("role=admin"), created_at: at(1), updated_at: at(2) };
        assert_eq!(saved, SavedSegment { segment: expected, is_new: false });
    }
    assert_eq!(store.segments.list(boss.id).await.unwrap().len(), 4);
}

/// By code point, whatever the locale of the database.
pub async fn segments_are_sorted_by_name_in_any_case(store: Store) {
    let boss = a_user("boss").admin().create(&*store.accounts).await;
    for name_text in ["휴면", "b", "A c", "a-b", "Z", "Émile", "_", "a", "10", "9"] {
        store.save_segment(boss.id, name_text, "").await;
    }
    let expected = ["10", "9", "_", "a", "A c", "a-b", "b", "Z", "Émile", "휴면"];
    assert_eq!(store.segment_names(boss.id).await, expected);
}

/// They are neither listed, nor replaced, nor deleted.
pub async fn segments_of_other_users_are_inaccessible(store: Store) {
    let boss = a_user("boss").admin().create(&*store.accounts).await;
    let chief = a_user("chief").admin().create(&*store.accounts).await;
    store.save_segment(boss.id, "mine", "role=user").await;
    assert!(store.segments.list(chief.id).await.unwrap().is_empty());
    assert!(!store.segments.delete(chief.id, &name("mine")).await.unwrap());
    assert!(store.save_segment(chief.id, "MINE", "role=admin").await.is_new);
    assert!(store.segments.delete(chief.id, &name("mine")).await.unwrap());
    let kept = store.segments.list(boss.id).await.unwrap();
    assert_eq!((kept.len(), kept[0].query.as_str()), (1, "role=user"));
}

/// Whatever the case of the name, and only once.
pub async fn a_deleted_segment_is_not_found(store: Store) {
    let boss = a_user("boss").admin().create(&*store.accounts).await;
    store.save_segment(boss.id, "Ärzte", "").await;
    store.save_segment(boss.id, "Arzte", "").await;
    assert!(store.segments.delete(boss.id, &name("äRZTE")).await.unwrap());
    assert!(!store.segments.delete(boss.id, &name("Ärzte")).await.unwrap());
    assert_eq!(store.segment_names(boss.id).await, ["Arzte"]);
    assert!(store.save_segment(boss.id, "Ärzte", "").await.is_new);
}

/// The name may be spelled in a way that is no longer valid.
pub async fn a_segment_of_an_earlier_version_is_read_and_deleted(store: Store) {
    let boss = a_user("boss").admin().create(&*store.accounts).await;
    for stored in ["A\u{308}rzte", "\u{200B}", "a\u{202E}b"] {
        let stored = SegmentName::from_stored(stored.to_owned());
        let saved = store.segments.save(boss.id, stored.clone(), query(""), at(0)).await.unwrap();
        assert_eq!(saved.segment.name, stored);
        assert_eq!(store.segment_names(boss.id).await, [stored.as_str()]);
        assert!(store.segments.delete(boss.id, &stored).await.unwrap());
    }
}

/// Also for concurrent saves. Replacing a segment remains possible, and each user has their own limit.
pub async fn segments_are_limited_per_user(store: Store) {
    let boss = a_user("boss").admin().create(&*store.accounts).await;
    let mut saving = JoinSet::new();
    for n in 0..Segment::MOST + 10 {
        let segments = store.segments.clone();
        saving.spawn(async move { segments.save(boss.id, name(&format!("s{n}")), query(""), at(0)).await });
    }
    let outcomes = saving.join_all().await;
    let full = outcomes.iter().filter(|outcome| matches!(outcome, Err(SaveSegmentError::Full))).count();
    assert_eq!((full, outcomes.iter().filter(|outcome| outcome.is_ok()).count()), (10, Segment::MOST as usize));
    let names = store.segment_names(boss.id).await;
    assert_eq!(names.len(), Segment::MOST as usize);
    assert!(!store.save_segment(boss.id, &names[0].to_uppercase(), "role=user").await.is_new);
    let chief = a_user("chief").admin().create(&*store.accounts).await;
    assert!(store.save_segment(chief.id, "s0", "").await.is_new);
    assert!(store.segments.delete(boss.id, &name(&names[0])).await.unwrap());
    assert!(store.save_segment(boss.id, "another", "").await.is_new);
}

/// The other saves replace it.
pub async fn concurrent_saves_of_one_segment_create_one(store: Store) {
    let boss = a_user("boss").admin().create(&*store.accounts).await;
    let mut saving = JoinSet::new();
    for n in 0..20 {
        let segments = store.segments.clone();
        let name_text = if n % 2 == 0 { "one" } else { "ONE" };
        saving.spawn(async move { segments.save(boss.id, name(name_text), query(""), at(0)).await.unwrap().is_new });
    }
    let made = saving.join_all().await.into_iter().filter(|is_new| *is_new).count();
    assert_eq!((made, store.segments.list(boss.id).await.unwrap().len()), (1, 1));
}

/// An unknown user has no segments.
pub async fn deleting_a_user_deletes_their_segments(store: Store) {
    let boss = a_user("boss").admin().create(&*store.accounts).await;
    store.save_segment(boss.id, "mine", "").await;
    store.delete("boss", at(1)).await.unwrap();
    assert!(store.segments.list(boss.id).await.unwrap().is_empty());
    assert!(!store.segments.delete(boss.id, &name("mine")).await.unwrap());
    let late = store.segments.save(boss.id, name("mine"), query(""), at(2)).await;
    assert!(matches!(late, Err(SaveSegmentError::OwnerGone)), "{late:?}");
    let next = a_user("boss").admin().create(&*store.accounts).await;
    assert!(store.segments.list(next.id).await.unwrap().is_empty());
}

/// Demoted or deactivated; earlier segments are kept.
pub async fn a_former_administrator_cannot_save_a_segment(store: Store) {
    let boss = a_user("boss").admin().create(&*store.accounts).await;
    store.save_segment(boss.id, "mine", "").await;
    let changes = [
        UserChange { role: Some(Role::User), ..UserChange::default() },
        UserChange { role: Some(Role::Admin), is_active: Some(false), ..UserChange::default() },
    ];
    for change in changes {
        store.change("boss", change, at(1)).await.unwrap();
        let late = store.segments.save(boss.id, name("late"), query(""), at(2)).await;
        assert!(matches!(late, Err(SaveSegmentError::OwnerGone)), "{late:?}");
    }
    assert_eq!(store.segment_names(boss.id).await, ["mine"]);
}
