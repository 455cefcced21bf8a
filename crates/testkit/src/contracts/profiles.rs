//! The contract of `Profiles`.

use std::sync::mpsc;

use chrono::TimeDelta;
use steward_domain::policy::Denied;
use steward_domain::ports::{ChangeError, ProfileDecision};
use steward_domain::{
    Action, ActorSession, Attributes, AuditEntry, Avatar, AvatarHash, FieldChange, Locale, PhoneNumber, Profile,
    ProfileChange, ProfileText, Record, Role, SessionId, TimeZone, Timestamp, User, UserProfile,
};
use tokio::task::JoinSet;

use super::Store;
use super::fixture::assert_recorded;
use crate::{a_user, an_entry, at, the_beginning, user_id};

fn text(text: &str) -> ProfileText {
    ProfileText::parse(text).expect("a text")
}

fn a_title(title: &str) -> ProfileChange {
    ProfileChange { title: FieldChange::Set(text(title)), ..ProfileChange::default() }
}

/// Every field, with the longest values.
fn a_full_change() -> ProfileChange {
    let longest = "x".repeat(Attributes::MAX_BYTES - r#"{"a":""}"#.len());
    ProfileChange {
        phone: FieldChange::Set(PhoneNumber::parse("+123456789012345").expect("a number")),
        department: FieldChange::Set(text(&"길".repeat(ProfileText::MAX))),
        title: FieldChange::Set(text(&"🦀".repeat(ProfileText::MAX))),
        locale: FieldChange::Set(Locale::parse("zh-Hant-TW").expect("a tag")),
        time_zone: FieldChange::Set(TimeZone::parse("America/Argentina/ComodRivadavia").expect("a zone")),
        attributes: FieldChange::Set(Attributes::from_stored(&format!(r#"{{"a":"{longest}"}}"#)).expect("an object")),
    }
}

fn an_image(bytes: &[u8]) -> Avatar {
    Avatar { image: bytes.to_vec(), content_type: "image/webp".to_owned(), hash: AvatarHash::of(bytes) }
}

fn entry(target: &str, at: Timestamp) -> AuditEntry {
    an_entry(Action::ProfileUpdated, target, at)
}

/// A decision that accepts the change, whatever the profile.
fn decided(change: ProfileChange, entry: AuditEntry) -> ProfileDecision<Option<(ProfileChange, Record)>> {
    Box::new(|_| Ok(Some((change, entry.into()))))
}

/// A decision that rejects the change, with a reason that no adapter returns by itself.
fn refused<T>() -> ProfileDecision<T> {
    Box::new(|_| Err(Denied::OwnRole.into()))
}

fn recorded(entry: AuditEntry) -> ProfileDecision<Option<Record>> {
    Box::new(|_| Ok(Some(entry.into())))
}

impl Store {
    async fn profile(&self, id: &str) -> Profile {
        self.profiles.find(&user_id(id)).await.unwrap().expect("an existing user").profile
    }

    async fn change_profile(&self, id: &str, change: ProfileChange, at: Timestamp) -> Result<UserProfile, ChangeError> {
        self.profiles.update(&user_id(id), decided(change, entry(id, at))).await
    }

    async fn set_avatar(&self, id: &str, image: Option<&[u8]>, at: Timestamp) -> Result<UserProfile, ChangeError> {
        let decide = recorded(an_entry(Action::AvatarChanged, id, at));
        self.profiles.set_avatar(&user_id(id), image.map(an_image), decide).await
    }
}

/// An unknown user has none. The id is compared in any case.
pub async fn a_user_has_an_empty_profile_at_first(store: Store) {
    let alice = a_user("Alice").create(&*store.accounts).await;
    let found = store.profiles.find(&user_id("aLICE")).await.unwrap();
    assert_eq!(found, Some(UserProfile { user: alice, profile: Profile::default() }));
    assert_eq!(store.profiles.find(&user_id("unknown")).await.unwrap(), None);
    assert_eq!(store.profiles.find_avatar(&user_id("alice")).await.unwrap(), None);
    assert_eq!(store.profiles.find_avatar(&user_id("unknown")).await.unwrap(), None);
}

/// With microseconds. A cleared field is empty, and an absent one keeps its value.
pub async fn every_field_of_a_profile_survives_storage(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    a_user("bob").create(&*store.accounts).await;
    let now = at(5) + TimeDelta::microseconds(1);
    let changed = store.change_profile("ALICE", a_full_change(), now).await.unwrap();
    let expected = a_full_change().apply(Profile::default(), now);
    assert_eq!((&changed.profile, changed.profile.updated_at), (&expected, Some(now)));
    assert_eq!(store.profile("alice").await, expected);

    let change = ProfileChange { phone: FieldChange::Clear, ..a_title("Engineer") };
    store.change_profile("alice", change, at(6)).await.unwrap();
    let after = Profile { phone: None, title: Some(text("Engineer")), updated_at: Some(at(6)), ..expected };
    assert_eq!(store.profile("alice").await, after);
    let all = ProfileChange {
        department: FieldChange::Clear,
        title: FieldChange::Clear,
        locale: FieldChange::Clear,
        time_zone: FieldChange::Clear,
        attributes: FieldChange::Clear,
        ..ProfileChange::default()
    };
    store.change_profile("alice", all, at(7)).await.unwrap();
    assert_eq!(store.profile("alice").await, Profile { updated_at: Some(at(7)), ..Profile::default() });
    assert_eq!(store.profile("bob").await, Profile::default());
}

/// The user has the language, too. Another field changes only the profile.
pub async fn a_change_of_the_language_changes_the_user(store: Store) {
    let before = a_user("alice").create(&*store.accounts).await;
    store.change_profile("alice", a_title("Engineer"), at(1)).await.unwrap();
    assert_eq!(store.user("alice").await, before);
    let locale = Locale::parse("ko-KR").unwrap();
    let change = ProfileChange { locale: FieldChange::Set(locale.clone()), ..ProfileChange::default() };
    let changed = store.change_profile("alice", change, at(2)).await.unwrap();
    let expected = User { locale: Some(locale), updated_at: at(2), ..before };
    assert_eq!((&changed.user, &store.user("alice").await), (&expected, &expected));
    store.change_profile("alice", a_title("Manager"), at(3)).await.unwrap();
    assert_eq!(store.user("alice").await, expected);
}

/// With every field of the entry.
pub async fn a_profile_change_writes_its_audit_entry(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    let entry = entry("alice", at(5)).with_details("title: (none) → Engineer");
    store.profiles.update(&user_id("alice"), decided(a_title("Engineer"), entry.clone())).await.unwrap();
    let avatar = an_entry(Action::AvatarChanged, "alice", at(6));
    store.profiles.set_avatar(&user_id("alice"), Some(an_image(b"1")), recorded(avatar.clone())).await.unwrap();
    let trail = store.trail().await;
    assert_eq!(trail.len(), 3);
    assert_recorded(&trail[1], &entry);
    assert_recorded(&trail[2], &avatar);
}

/// Neither the profile nor the picture nor an audit entry.
pub async fn a_rejected_profile_change_writes_nothing(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    store.change_profile("alice", a_title("Engineer"), at(1)).await.unwrap();
    store.set_avatar("alice", Some(b"1"), at(2)).await.unwrap();
    let before = store.profile("alice").await;
    let id = user_id("alice");
    let rejected = store.profiles.update(&id, refused()).await;
    assert!(matches!(rejected, Err(ChangeError::Denied(Denied::OwnRole))), "{rejected:?}");
    let rejected = store.profiles.set_avatar(&id, None, refused()).await;
    assert!(matches!(rejected, Err(ChangeError::Denied(Denied::OwnRole))), "{rejected:?}");
    assert_eq!(store.profiles.update(&id, Box::new(|_| Ok(None))).await.unwrap().profile, before);
    assert_eq!(store.profiles.set_avatar(&id, None, Box::new(|_| Ok(None))).await.unwrap().profile, before);
    let unknown = store.change_profile("unknown", a_title("Engineer"), at(3)).await;
    assert!(matches!(unknown, Err(ChangeError::NotFound)), "{unknown:?}");
    let unknown = store.set_avatar("unknown", None, at(3)).await;
    assert!(matches!(unknown, Err(ChangeError::NotFound)), "{unknown:?}");
    assert_eq!(store.profile("alice").await, before);
    assert_eq!(store.profiles.find_avatar(&id).await.unwrap(), Some(an_image(b"1")));
    assert_eq!(store.trail().await.len(), 3);
}

/// With every field, and with the hash of the picture.
pub async fn a_decision_receives_the_stored_profile(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    store.change_profile("alice", a_full_change(), at(1)).await.unwrap();
    let expected = store.set_avatar("alice", Some(b"1"), at(2)).await.unwrap();
    assert_eq!(expected.profile.avatar, Some(AvatarHash::of(b"1")));
    let (sender, seen) = mpsc::channel();
    let decide = move |before: &UserProfile| {
        sender.send(before.clone()).expect("an open receiver");
        Ok(None)
    };
    store.profiles.update(&user_id("alice"), Box::new(decide)).await.unwrap();
    assert_eq!(seen.recv().unwrap(), expected);
}

/// Unknown, ended, expired or of a user who has another role now.
pub async fn an_actor_without_a_valid_session_changes_no_profile(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let session = store.open(&alice, at(0)).await;
    let before = store.profile("alice").await;
    let change = async |session, role, at| {
        let acting = Some(ActorSession { session, role });
        let entry = AuditEntry { acting, ..entry("alice", at) };
        let avatar = store.profiles.set_avatar(&alice.user_id, None, recorded(entry.clone())).await;
        let profile = store.profiles.update(&alice.user_id, decided(a_title("Engineer"), entry)).await;
        assert_eq!(avatar.is_ok(), profile.is_ok());
        profile
    };
    for (session, role, at) in [
        (SessionId::from_bytes([9; 16]), Role::User, at(1)),
        (session, Role::Admin, at(1)),
        (session, Role::User, at(3600)),
    ] {
        let refused = change(session, role, at).await;
        assert!(matches!(refused, Err(ChangeError::ActorGone)), "{role} {at}: {refused:?}");
    }
    assert_eq!(store.profile("alice").await, before);
    assert!(change(session, Role::User, at(2)).await.is_ok());
    store.sessions.end(session, at(3)).await.unwrap();
    assert!(matches!(change(session, Role::User, at(4)).await, Err(ChangeError::ActorGone)));
}

/// It has a hash. The time of the profile's last change stays.
pub async fn a_picture_is_replaced_and_removed(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    a_user("bob").create(&*store.accounts).await;
    store.change_profile("alice", a_title("Engineer"), at(1)).await.unwrap();
    let long = vec![0xff; 200_000];
    for image in [&b"\0\x01"[..], &long] {
        let changed = store.set_avatar("ALICE", Some(image), at(2)).await.unwrap().profile;
        let expected = an_image(image);
        assert_eq!((changed.avatar.as_ref(), changed.updated_at), (Some(&expected.hash), Some(at(1))));
        assert_eq!(store.profile("alice").await, changed);
        assert_eq!(store.profiles.find_avatar(&user_id("aLICE")).await.unwrap(), Some(expected));
        assert_eq!(store.profiles.find_avatar(&user_id("bob")).await.unwrap(), None);
    }
    assert_eq!(store.set_avatar("alice", None, at(3)).await.unwrap().profile.avatar, None);
    assert_eq!(store.profiles.find_avatar(&user_id("alice")).await.unwrap(), None);
    assert_eq!(store.profile("alice").await.title, Some(text("Engineer")));
}

/// Each change sees the profile that the one before it wrote.
pub async fn concurrent_changes_of_different_fields_are_kept(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    let full = a_full_change();
    let none = ProfileChange::default;
    let changes = [
        ProfileChange { phone: full.phone, ..none() },
        ProfileChange { department: full.department, ..none() },
        ProfileChange { title: full.title, ..none() },
        ProfileChange { locale: full.locale, ..none() },
        ProfileChange { time_zone: full.time_zone, ..none() },
        ProfileChange { attributes: full.attributes, ..none() },
    ];
    let mut changing = JoinSet::new();
    for change in changes {
        let profiles = store.profiles.clone();
        changing.spawn(async move { profiles.update(&user_id("alice"), decided(change, entry("alice", at(1)))).await });
    }
    assert!(changing.join_all().await.iter().all(Result::is_ok));
    assert_eq!(store.profile("alice").await, a_full_change().apply(Profile::default(), at(1)));
    assert_eq!(store.trail().await.len(), 7);
}

/// A later user with the id has none of it.
pub async fn deleting_a_user_deletes_their_profile(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    store.change_profile("alice", a_full_change(), at(1)).await.unwrap();
    store.set_avatar("alice", Some(b"1"), at(1)).await.unwrap();
    store.delete("alice", at(2)).await.unwrap();
    assert_eq!(store.profiles.find(&user_id("alice")).await.unwrap(), None);
    assert_eq!(store.profiles.find_avatar(&user_id("alice")).await.unwrap(), None);
    a_user("alice").created_at(the_beginning()).create(&*store.accounts).await;
    assert_eq!(store.profile("alice").await, Profile::default());
    assert_eq!(store.profiles.find_avatar(&user_id("alice")).await.unwrap(), None);
}

/// An adapter that cannot store the entry changes nothing.
pub async fn a_failed_audit_entry_rolls_back_the_profile_change(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    let poison = entry("alice", at(1)).with_details("a\0b");
    let changed = store.profiles.update(&user_id("alice"), decided(a_full_change(), poison.clone())).await;
    assert_eq!(store.profile("alice").await == Profile::default(), changed.is_err());
    let set = store.profiles.set_avatar(&user_id("alice"), Some(an_image(b"1")), recorded(poison)).await;
    assert_eq!(store.profiles.find_avatar(&user_id("alice")).await.unwrap().is_none(), set.is_err());
    let written = usize::from(changed.is_ok()) + usize::from(set.is_ok());
    assert_eq!(store.trail().await.len(), 1 + written);
}
