//! Names and addresses that earlier versions stored by other rules.

use steward_domain::ports::{ChangeError, CreateError, UniqueKey};
use steward_domain::user::UserQuery;
use steward_domain::{DisplayName, Email, PageRequest, SessionFilter, UserChange};

use crate::contracts::Store;
use crate::{a_user, at, user_id};

/// Names with hidden characters, without a visible one, or decomposed; addresses in several spellings.
const STORED: [(&str, &str); 5] = [
    ("nimda\u{202E}gnp.exe", "nimda@example.com"),
    ("\u{200B}", "a\u{200D}b@example.com"),
    ("Mu\u{308}ller", "mu\u{308}ller@bu\u{308}cher.example"),
    ("\u{2800}\u{3164}", "max@xn--maanfertigung-cdb.example"),
    ("Z\u{35B}\u{325}\u{35B}\u{325}\u{35B}\u{325}\u{35B}\u{325}", "i\u{307}@a_b.example"),
];

/// By every lookup, unchanged.
pub async fn values_of_earlier_versions_are_read(store: Store) {
    for (n, (name, email)) in STORED.into_iter().enumerate() {
        let id = format!("user{n}");
        let created = a_user(&id).stored(name, email).create(&*store.accounts).await;
        assert_eq!((created.name.as_str(), created.email.as_str()), (name, email));
        assert_eq!(store.user(&id).await, created);
        let credentials = store.accounts.credentials(&user_id(&id)).await.unwrap().unwrap();
        assert_eq!(credentials.user, created);
        let session = store.open(&created, at(n.try_into().unwrap())).await;
        let active = store.sessions.find_active(session, at(9)).await.unwrap().unwrap();
        assert_eq!((active.user.name, active.user.email), (created.name, created.email));
    }
    let users = store.users.list(&UserQuery::default(), &PageRequest::default(), at(0)).await.unwrap();
    assert_eq!(users.items.len(), STORED.len());
    let sessions = store.sessions.list(&SessionFilter::default(), at(9), &PageRequest::default()).await.unwrap();
    let names: Vec<_> = sessions.items.iter().rev().map(|session| session.user_name.as_str()).collect();
    assert_eq!(names, STORED.map(|(name, _)| name));
    // Other changes keep both as stored.
    for (n, stored) in STORED.into_iter().enumerate() {
        let changed = store.set_active(&format!("user{n}"), false, at(10)).await;
        assert_eq!((changed.name.as_str(), changed.email.as_str()), stored);
    }
}

/// For each stored spelling, for a new user and for a changed address.
pub async fn all_spellings_of_one_mailbox_are_one_address(store: Store) {
    let address = "jürgen@bücher.example";
    a_user("other").create(&*store.accounts).await;
    let wanted = || UserChange { email: Some(Email::parse(address).unwrap()), ..UserChange::default() };
    for spelling in [
        "ju\u{308}rgen@bu\u{308}cher.example",
        "ju\u{308}rgen@bücher.example",
        "jürgen@xn--bcher-kva.example",
        "ju\u{308}rgen@xn--bcher-kva.example",
        address,
    ] {
        a_user("first").stored("First", spelling).create(&*store.accounts).await;
        let (second, record) = a_user("second").email(address).registration();
        let created = store.accounts.create(second, record).await;
        assert!(matches!(created, Err(CreateError::Conflict(UniqueKey::Email))), "{spelling:?}: {created:?}");
        let changed = store.change("other", wanted(), at(1)).await;
        assert!(matches!(changed, Err(ChangeError::Conflict(UniqueKey::Email))), "{spelling:?}: {changed:?}");
        // The owner may change the spelling.
        assert_eq!(store.change("first", wanted(), at(1)).await.unwrap().email.as_str(), address);
        store.delete("first", at(2)).await.unwrap();
    }
    let renamed = UserChange { name: Some(DisplayName::parse("Other").unwrap()), ..wanted() };
    assert_eq!(store.change("other", renamed, at(3)).await.unwrap().email.as_str(), address);
}
