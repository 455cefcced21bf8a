//! Changes by administrators.

use std::sync::Arc;

use steward_domain::ports::OutboxError;
use steward_domain::{
    Action, ActorSession, AuditEntry, DeliveryOutcome, MailState, OutboxEntry, Record, Role, SessionId, UserChange,
};
use tokio::task::JoinSet;

use super::super::Store;
use super::super::fixture::assert_recorded;
use super::LEASE;
use crate::{a_user, an_entry, at};

fn entry(action: Action, second: i64) -> AuditEntry {
    AuditEntry { target: None, ..an_entry(action, "unused", at(second)) }.with_details("mail: 1")
}

fn retried(second: i64) -> Record {
    entry(Action::MailRetried, second).into()
}

fn cancelled(second: i64) -> Record {
    entry(Action::MailCancelled, second).into()
}

impl Store {
    /// Claims the mail that is due and finishes it as failed.
    async fn fail_one(&self, second: i64) -> i64 {
        let mail = self.claim_one(at(second)).await;
        self.finish(&mail, DeliveryOutcome::Failed { error: "550 no mailbox".to_owned() }, at(second)).await;
        mail.id
    }
}

/// Its attempts count from 0 again. The change has its audit entry.
pub async fn a_failed_mail_is_queued_again(store: Store) {
    store.queue_to(&["a"], at(1)).await;
    let id = store.fail_one(2).await;
    let failed = store.mails().await.remove(0);
    let queued = store.outbox.retry(id, retried(9)).await.unwrap();
    let expected = OutboxEntry { state: MailState::Queued, attempts: 0, next_attempt_at: Some(at(9)), ..failed };
    assert_eq!((&queued, store.mails().await), (&expected, vec![expected.clone()]));
    assert_recorded(store.trail().await.last().unwrap(), &entry(Action::MailRetried, 9));
    assert!(store.claim(at(8), 9).await.is_empty());
    let mail = store.claim_one(at(9)).await;
    assert_eq!((mail.id, mail.attempts), (id, 1));
    store.finish(&mail, DeliveryOutcome::Sent, at(9)).await;
    assert_eq!(store.states().await, [MailState::Sent]);
}

/// It is older than the queued ones, so it comes first.
pub async fn a_mail_that_is_queued_again_keeps_its_place(store: Store) {
    store.queue_to(&["a", "a", "a"], at(1)).await;
    let first = store.fail_one(2).await;
    let second = store.claim_one(at(3)).await;
    store.outbox.retry(first, retried(4)).await.unwrap();
    store.finish(&second, DeliveryOutcome::Retry { at: at(5), error: "busy".to_owned() }, at(5)).await;
    for _ in 0..3 {
        let mail = store.claim_one(at(6)).await;
        store.finish(&mail, DeliveryOutcome::Sent, at(6)).await;
        assert!(store.mails().await.iter().all(|other| other.id <= mail.id || other.state == MailState::Queued));
    }
    assert_eq!(store.states().await, [MailState::Sent; 3]);
}

/// It is not sent, and the next mail to its recipient no longer waits.
pub async fn a_queued_or_failed_mail_is_cancelled(store: Store) {
    store.queue_to(&["a", "a", "a"], at(1)).await;
    let failed = store.fail_one(2).await;
    let ids: Vec<i64> = store.mails().await.iter().map(|mail| mail.id).collect();
    let claimed = store.claim_one(at(3)).await;
    assert_eq!(claimed.id, ids[1]);
    for (second, id) in [(4, failed), (5, claimed.id)] {
        let mail = store.outbox.cancel(id, cancelled(second)).await.unwrap();
        assert_eq!((mail.id, mail.state, mail.next_attempt_at), (id, MailState::Cancelled, None));
        assert_recorded(store.trail().await.last().unwrap(), &entry(Action::MailCancelled, second));
    }
    // The attempt that was running ends too late.
    store.finish(&claimed, DeliveryOutcome::Sent, at(6)).await;
    assert_eq!(store.states().await, [MailState::Cancelled, MailState::Cancelled, MailState::Queued]);
    assert_eq!(store.claim_one(at(6)).await.id, ids[2]);
    // A mail that waits is cancelled too.
    store.queue_to(&["a", "a"], at(7)).await;
    assert!(store.claim(at(8), 9).await.is_empty());
    let waiting = store.mails().await[3].id;
    store.outbox.cancel(waiting, cancelled(9)).await.unwrap();
    assert!(store.claim(at(9), 9).await.is_empty());
}

/// Nothing is written.
pub async fn a_mail_in_another_state_is_not_changed(store: Store) {
    store.queue_to(&["sent", "cancelled", "queued"], at(1)).await;
    let mails = store.claim(at(2), 9).await;
    store.finish(&mails[0], DeliveryOutcome::Sent, at(3)).await;
    store.finish(&mails[1], DeliveryOutcome::Cancelled, at(3)).await;
    let (before, trail) = (store.mails().await, store.trail().await.len());
    for (mail, state) in mails.iter().zip([MailState::Sent, MailState::Cancelled, MailState::Queued]) {
        let result = store.outbox.retry(mail.id, retried(9)).await;
        assert!(matches!(result, Err(OutboxError::WrongState(found)) if found == state), "{result:?}");
        if state != MailState::Queued {
            let result = store.outbox.cancel(mail.id, cancelled(9)).await;
            assert!(matches!(result, Err(OutboxError::WrongState(found)) if found == state), "{result:?}");
        }
    }
    let unknown = mails[2].id + 1;
    assert!(matches!(store.outbox.retry(unknown, retried(9)).await, Err(OutboxError::NotFound)));
    assert!(matches!(store.outbox.cancel(unknown, cancelled(9)).await, Err(OutboxError::NotFound)));
    assert_eq!((store.mails().await, store.trail().await.len()), (before, trail));
}

/// The session has ended or expired, or the actor's role has changed. Nothing is written.
pub async fn an_actor_without_a_valid_session_changes_no_mail(store: Store) {
    let boss = a_user("boss").super_admin().create(&*store.accounts).await;
    store.queue_to(&["a"], at(1)).await;
    let id = store.fail_one(2).await;
    let session = store.open(&boss, at(0)).await;
    let record = |action, session, role, second| -> Record {
        AuditEntry { acting: Some(ActorSession { session, role }), ..entry(action, second) }.into()
    };
    let before = store.mails().await;
    let assert_refused = async |session, role, second| {
        let result = store.outbox.retry(id, record(Action::MailRetried, session, role, second)).await;
        assert!(matches!(result, Err(OutboxError::ActorGone)), "{result:?}");
        let result = store.outbox.cancel(id, record(Action::MailCancelled, session, role, second)).await;
        assert!(matches!(result, Err(OutboxError::ActorGone)), "{result:?}");
        assert_eq!(store.mails().await, before);
    };
    assert_refused(SessionId::from_bytes([8; 16]), Role::SuperAdmin, 5).await;
    assert_refused(session, Role::Admin, 5).await;
    assert_refused(session, Role::SuperAdmin, 3_600).await;
    store.change("boss", UserChange { role: Some(Role::User), ..UserChange::default() }, at(6)).await.unwrap();
    assert_refused(session, Role::SuperAdmin, 7).await;
    store.change("boss", UserChange { role: Some(Role::SuperAdmin), ..UserChange::default() }, at(8)).await.unwrap();
    let retry = record(Action::MailRetried, session, Role::SuperAdmin, 9);
    assert!(store.outbox.retry(id, retry).await.is_ok());
}

/// Mails are sent and cancelled at the same time. In the end none is left waiting.
pub async fn concurrent_changes_leave_no_mail_waiting(store: Store) {
    store.queue_to(&["a"; 40], at(1)).await;
    let ids: Vec<i64> = store.mails().await.iter().map(|mail| mail.id).collect();
    let mut tasks = JoinSet::new();
    for _ in 0..3 {
        let outbox = Arc::clone(&store.outbox);
        tasks.spawn(async move {
            while outbox.statistics().await.unwrap().queued > 0 {
                for mail in outbox.claim(at(2), LEASE, 9).await.unwrap() {
                    outbox.finish(mail.id, mail.attempts, DeliveryOutcome::Sent, at(2)).await.unwrap();
                }
            }
        });
    }
    for part in ids.chunks(20) {
        let (outbox, ids) = (Arc::clone(&store.outbox), part.to_vec());
        tasks.spawn(async move {
            for id in ids.into_iter().step_by(2) {
                match outbox.cancel(id, cancelled(2)).await {
                    Ok(_) | Err(OutboxError::WrongState(_)) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        });
    }
    tasks.join_all().await;
    assert!(store.states().await.iter().all(|state| matches!(state, MailState::Sent | MailState::Cancelled)));
}
