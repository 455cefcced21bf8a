//! The contract of `AccountExports`.

use std::sync::Arc;

use chrono::TimeDelta;
use steward_domain::ports::{ChangeError, ExportError};
use steward_domain::{
    Action, ActorSession, AuditEntry, FailedSignIn, FailureReason, MailContent, MailState, NewMessage, Origin, Record,
    Role, SegmentName, SegmentQuery, SessionId, Timestamp,
};
use tokio::task::JoinSet;

use super::Store;
use super::fixture::decided;
use crate::{a_user, an_entry, at, user_id};

impl Store {
    async fn export(&self, id: &str, at: Timestamp) -> Result<(), ExportError> {
        let entry = an_entry(Action::DataExported, id, at);
        self.account_exports.begin(&user_id(id), at - TimeDelta::hours(1), 3, entry.into()).await
    }
}

/// And nothing of other users.
pub async fn an_export_has_everything_of_the_user(store: Store) {
    let alice = a_user("alice").admin().create(&*store.accounts).await;
    let bob = a_user("bob").create(&*store.accounts).await;
    let (origin, elsewhere) = (Origin::new(Some([192, 0, 2, 7].into()), Some("curl/8")), Origin::default());
    let over = store.open_as(&alice, store.a_session(&alice, at(1))).await;
    store.sessions.end_own(alice.id, steward_domain::SessionSelector::All, at(2)).await.unwrap();
    let open = store.a_session(&alice, at(3));
    let session = open.id;
    let alice = store.open_as(&over, steward_domain::NewSession { origin: origin.clone(), ..open }).await;
    store.open(&bob, at(3)).await;
    let failure = |user, origin| FailedSignIn {
        at: at(4),
        user,
        reason: FailureReason::WrongPassword,
        origin,
        messages: Vec::new(),
    };
    store.sign_ins.record(failure(Some(alice.id), origin.clone())).await.unwrap();
    store.sign_ins.record(failure(Some(bob.id), elsewhere.clone())).await.unwrap();
    let (name, query) = (SegmentName::parse("Mine").unwrap(), SegmentQuery::parse("role=user").unwrap());
    store.segments.save(alice.id, name, query, at(5)).await.unwrap();
    let by_alice = AuditEntry { actor_id: "Alice".to_owned(), ..an_entry(Action::UserUpdated, "bob", at(6)) };
    let rename = steward_domain::UserChange { role: Some(Role::Admin), ..steward_domain::UserChange::default() };
    store.users.update(&user_id("bob"), decided((rename, by_alice))).await.unwrap();
    let notice = NewMessage::to(&alice, MailContent::DataExported { origin: origin.clone() });
    let record = Record::from(an_entry(Action::DataExported, "alice", at(7))).with_message(notice);
    store.account_exports.begin(&user_id("alice"), at(0), 3, record).await.unwrap();

    let export = store.account_exports.read(alice.id, 10).await.unwrap().unwrap();
    assert_eq!(export.user, store.user("alice").await);
    let sessions: Vec<_> = export.sessions.items.iter().map(|session| (session.created_at, session.ended_at)).collect();
    assert_eq!(sessions, [(at(3), None), (at(1), Some(at(2)))]);
    assert_eq!((export.sessions.items[0].id, &export.sessions.items[0].origin), (session, &origin));
    let sign_ins: Vec<_> = export.sign_ins.items.iter().map(|event| (event.at, event.reason.as_deref())).collect();
    assert_eq!(sign_ins, [(at(4), Some("wrong_password")), (at(3), None), (at(1), None)]);
    assert_eq!(export.sign_ins.items[1].session, Some(session));
    let entries: Vec<_> = export.audit_entries.items.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(entries, ["DATA_EXPORTED", "USER_UPDATED", "USER_CREATED"]);
    let mail = &export.mails.items[0];
    assert_eq!((mail.kind.as_str(), mail.state, mail.created_at), ("data_exported", MailState::Queued, at(7)));
    assert_eq!((mail.address.as_str(), mail.sent_at, export.mails.items.len()), ("alice@example.com", None, 1));
    assert_eq!((export.segments.len(), export.segments[0].name.as_str()), (1, "Mine"));
    store.delete("alice", at(8)).await.unwrap();
    assert_eq!(store.account_exports.read(alice.id, 10).await.unwrap(), None);
}

/// The newest ones stay.
pub async fn long_lists_are_cut(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    for second in 1..=3 {
        store.open(&alice, at(second)).await;
    }
    let cut = store.account_exports.read(alice.id, 2).await.unwrap().unwrap();
    let times: Vec<_> = cut.sign_ins.items.iter().map(|event| event.at).collect();
    assert_eq!((times, cut.sign_ins.is_truncated, cut.sessions.is_truncated), (vec![at(3), at(2)], true, true));
    assert!(!cut.audit_entries.is_truncated);
    let whole = store.account_exports.read(alice.id, 3).await.unwrap().unwrap();
    assert_eq!((whole.sign_ins.items.len(), whole.sign_ins.is_truncated), (3, false));
}

/// Their entries stay in the audit trail.
pub async fn an_export_has_no_entries_of_an_earlier_user_with_the_id(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    store.delete("alice", at(1)).await.unwrap();
    let alice = a_user("alice").created_at(at(2)).create(&*store.accounts).await;
    let export = store.account_exports.read(alice.id, 10).await.unwrap().unwrap();
    assert_eq!(export.audit_entries.items.len(), 1);
}

/// Those of an hour ago do not count, and neither do those of others. The error has the time of the earliest.
pub async fn exports_are_limited_per_user(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    a_user("bob").create(&*store.accounts).await;
    for second in [0, 10, 20] {
        store.export("alice", at(second)).await.unwrap();
    }
    let refused = store.export("ALICE", at(30)).await;
    assert!(matches!(refused, Err(ExportError::TooMany(earliest)) if earliest == at(0)), "{refused:?}");
    store.export("bob", at(30)).await.unwrap();
    store.export("alice", at(3600)).await.unwrap();
    let refused = store.export("alice", at(3601)).await;
    assert!(matches!(refused, Err(ExportError::TooMany(earliest)) if earliest == at(10)), "{refused:?}");
    assert_eq!(store.trail().await.len(), 7);
}

/// As many as the limit permits.
pub async fn concurrent_exports_are_counted(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    let mut exports = JoinSet::new();
    for _ in 0..10 {
        let port = Arc::clone(&store.account_exports);
        let record = Record::from(an_entry(Action::DataExported, "alice", at(1)));
        exports.spawn(async move { port.begin(&user_id("alice"), at(0), 3, record).await.is_ok() });
    }
    assert_eq!(exports.join_all().await.into_iter().filter(|is_ok| *is_ok).count(), 3);
    assert_eq!(store.trail().await.len(), 4);
}

/// Unknown users, and sessions that ended.
pub async fn an_export_without_a_valid_session_writes_nothing(store: Store) {
    let unknown = store.export("alice", at(1)).await;
    assert!(matches!(unknown, Err(ExportError::Change(ChangeError::NotFound))));
    let alice = a_user("alice").create(&*store.accounts).await;
    let bob = a_user("bob").create(&*store.accounts).await;
    let of_bob = store.open(&bob, at(1)).await;
    let (session, ended) = (store.open(&alice, at(1)).await, store.open(&alice, at(1)).await);
    store.sessions.end(ended, at(2)).await.unwrap();
    let begin = async |session: SessionId| {
        let acting = Some(ActorSession { session, role: Role::User });
        let entry = AuditEntry { acting, ..an_entry(Action::DataExported, "alice", at(3)) };
        store.account_exports.begin(&user_id("alice"), at(0), 3, entry.into()).await
    };
    for session in [ended, of_bob, SessionId::from_bytes([9; 16])] {
        assert!(matches!(begin(session).await, Err(ExportError::Change(ChangeError::ActorGone))));
    }
    begin(session).await.unwrap();
    assert_eq!(store.trail().await.len(), 3);
}
