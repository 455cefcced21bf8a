//! Sign-in attempts and sessions that an earlier release stored without the keys of their origin.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue must fail at once")]

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};
use steward_domain::ports::{Sessions, SignIns};
use steward_domain::{
    AddressRange, DeviceFilter, FailedSignIn, FailureReason, NewSession, Origin, PageRequest, SessionFilter, SessionId,
    SignInFilter, TokenHash,
};
use steward_persistence::{Database, DatabaseSettings, SqlAccounts, SqlSessions, SqlSignIns};
use steward_testkit::servers::TestDatabase;
use steward_testkit::{a_hash, a_user, at};

const REMOVE_KEYS: &str = "UPDATE sign_in_events SET address_key = NULL, device_key = NULL;
    UPDATE sessions SET address_key = NULL, device_key = NULL";

/// Runs the test on a database of either kind.
async fn check(url: &str, remove_keys: impl FnOnce()) {
    let database = Database::connect(&DatabaseSettings::new(url.parse().unwrap())).unwrap();
    database.migrate().await.unwrap();
    let (accounts, sessions) = (SqlAccounts::new(database.clone()), SqlSessions::new(database.clone()));
    let sign_ins = SqlSignIns::new(database.clone());
    let alice = a_user("alice").create(&accounts).await;
    let origin = Origin::new(Some([192, 0, 2, 7].into()), Some("curl/8"));
    for second in 0..3 {
        let failure = FailedSignIn {
            at: at(second),
            user: Some(alice.id),
            reason: FailureReason::WrongPassword,
            origin: origin.clone(),
            messages: Vec::new(),
        };
        sign_ins.record(failure).await.unwrap();
    }
    let session = NewSession {
        id: SessionId::from_bytes([7; 16]),
        user: alice.id,
        created_at: at(4),
        expires_at: at(3600),
        ends_at: at(3600),
        refresh: TokenHash::of(b"x"),
        origin,
        messages: Vec::new(),
    };
    sessions.open(session, &a_hash("alice")).await.unwrap();
    remove_keys();

    let address = AddressRange::parse("192.0.2.0/24").ok();
    let device = DeviceFilter::parse("curl").ok();
    let found = async || {
        let attempts = SignInFilter { address, device: device.clone(), ..SignInFilter::default() };
        let open = SessionFilter { address, device: device.clone(), ..SessionFilter::default() };
        let page = PageRequest::default();
        let attempts = sign_ins.list(&attempts, &page).await.unwrap().items.len();
        (attempts, sessions.list(&open, at(5), &page).await.unwrap().items.len())
    };
    assert_eq!(found().await, (0, 0));
    assert_eq!((database.add_origin_keys().await.unwrap(), found().await), (5, (4, 1)));
    assert_eq!(database.add_origin_keys().await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_an_earlier_release_are_found_after_their_keys_were_added() {
    let copy = TestDatabase::empty();
    check(copy.url(), || PgConnection::establish(copy.url()).unwrap().batch_execute(REMOVE_KEYS).unwrap()).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("steward.db").display().to_string();
    check(&format!("sqlite://{path}"), || {
        SqliteConnection::establish(&path).unwrap().batch_execute(REMOVE_KEYS).unwrap();
    })
    .await;
}
