//! Addresses that earlier releases stored in another spelling than this release.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue must fail at once")]

use steward_domain::ports::{Accounts, CreateError, UniqueKey, Users};
use steward_domain::user::UserQuery;
use steward_domain::{PageRequest, SearchTerm, User, UserFilter};
use steward_persistence::{Database, DatabaseSettings, SqlAccounts, SqlUsers};
use steward_testkit::servers::TestDatabase;
use steward_testkit::{a_user, at, user_id};

/// The ports of a database of either kind.
struct Store {
    database: Database,
    accounts: SqlAccounts,
    users: SqlUsers,
}

impl Store {
    async fn at(url: &str) -> Self {
        let database = Database::connect(&DatabaseSettings::new(url.parse().unwrap())).unwrap();
        database.migrate().await.unwrap();
        let (accounts, users) = (SqlAccounts::new(database.clone()), SqlUsers::new(database.clone()));
        Self { database, accounts, users }
    }

    /// Stores an address as an earlier release did.
    async fn stored(&self, id: &str, address: &str) -> User {
        a_user(id).stored(id, address).create(&self.accounts).await
    }

    async fn user(&self, id: &str) -> User {
        self.users.find(&user_id(id), at(0)).await.unwrap().unwrap().user
    }

    async fn found(&self, term: &str) -> Vec<String> {
        let filter = UserFilter { search: SearchTerm::parse(term).unwrap(), ..UserFilter::default() };
        let query = UserQuery { filter, ..UserQuery::default() };
        let page = self.users.list(&query, &PageRequest::default(), at(0)).await.unwrap();
        page.items.into_iter().map(|user| user.user_id.as_str().to_owned()).collect()
    }

    async fn is_taken(&self, address: &str) -> bool {
        let (user, record) = a_user("another").email(address).registration();
        matches!(self.accounts.create(user, record).await, Err(CreateError::Conflict(UniqueKey::Email)))
    }

    async fn remarks(&self) -> Vec<String> {
        let remarks = self.database.missing_features().await.unwrap();
        remarks.into_iter().filter(|remark| remark.contains("earlier spelling")).collect()
    }
}

/// Runs a test on PostgreSQL and on SQLite.
async fn on_each(test: impl AsyncFn(Store)) {
    let copy = TestDatabase::empty();
    test(Store::at(copy.url()).await).await;
    let folder = tempfile::tempdir().unwrap();
    test(Store::at(&format!("sqlite://{}/steward.db", folder.path().display())).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_an_earlier_release_is_found_and_taken_in_every_spelling() {
    on_each(async |store| {
        let spellings = [
            ("labels", "max@xn--maanfertigung-cdb.example", "max@maßanfertigung.example"),
            ("mixed", "max@xn--bcher-kva.한국.example", "max@bücher.한국.example"),
            ("decomposed", "ju\u{308}rgen@bu\u{308}cher.example", "jürgen@bücher.example"),
            ("wide", "max@ａｂｃ.example", "max@abc.example"),
        ];
        let mut before = Vec::new();
        for (id, stored, _) in spellings {
            before.push(store.stored(id, stored).await);
        }
        assert_eq!(store.database.respell_addresses().await.unwrap(), 4);
        for ((id, stored, address), before) in spellings.into_iter().zip(before) {
            let after = store.user(id).await;
            assert_eq!(after.email.as_str(), address);
            // Nothing else of the user changed.
            assert_eq!(User { email: before.email.clone(), ..after }, before);
            for spelling in [stored, address] {
                // Searches do not fold compatibility characters.
                if spelling != "max@ａｂｃ.example" {
                    assert_eq!(store.found(spelling).await, [id], "{spelling}");
                }
                assert!(store.is_taken(spelling).await, "{spelling}");
            }
        }
        // A running earlier release stores another one.
        assert_eq!(store.database.respell_addresses().await.unwrap(), 0);
        store.stored("late", "late@xn--maanfertigung-cdb.example").await;
        assert_eq!(store.database.respell_addresses().await.unwrap(), 1);
        assert!(store.remarks().await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_another_user_has_stays_and_is_named() {
    on_each(async |store| {
        let stored = [
            ("owner", "max@maßanfertigung.example"),
            ("labels", "max@xn--maanfertigung-cdb.example"),
            ("composed", "müller@xn--maanfertigung-cdb.example"),
            ("decomposed", "mu\u{308}ller@xn--maanfertigung-cdb.example"),
            // Invalid by the rules of this release, so without another spelling.
            ("hidden", "a\u{200D}b@example.com"),
            ("local", "xn--max@example.com"),
        ];
        for (id, address) in stored {
            store.stored(id, address).await;
        }
        assert_eq!(store.database.respell_addresses().await.unwrap(), 0);
        for (id, address) in stored {
            assert_eq!(store.user(id).await.email.as_str(), address);
        }
        let remarks = store.remarks().await;
        let [remark] = &*remarks else { panic!("{remarks:?}") };
        for named in ["labels (as owner)", "composed (as decomposed)", "decomposed (as composed)"] {
            assert!(remark.contains(named), "{remark}");
        }
        assert!(!remark.contains("hidden") && !remark.contains("local"), "{remark}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_processes_respell_each_address_once() {
    on_each(async |store| {
        for n in 0..9 {
            store.stored(&format!("user{n}"), &format!("user{n}@xn--bcher-kva.example")).await;
        }
        let respelling = (0..4).map(|_| {
            let database = store.database.clone();
            tokio::spawn(async move { database.respell_addresses().await.unwrap() })
        });
        let mut respelled = 0;
        for one in respelling.collect::<Vec<_>>() {
            respelled += one.await.unwrap();
        }
        assert_eq!(respelled, 9);
        assert_eq!(store.found("bücher").await.len(), 9);
    })
    .await;
}
