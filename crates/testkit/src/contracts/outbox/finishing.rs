//! The outcomes of attempts.

use steward_domain::{DeliveryOutcome, MailState, OutboxEntry};

use super::super::Store;
use super::LEASE;
use crate::at;

fn retry_at(second: i64) -> DeliveryOutcome {
    DeliveryOutcome::Retry { at: at(second), error: "451 try again".to_owned() }
}

/// With the error and the times that administrators see.
pub async fn each_outcome_has_its_state(store: Store) {
    store.queue_to(&["sent", "retry", "deferred", "failed", "cancelled"], at(1)).await;
    let outcomes = [
        DeliveryOutcome::Sent,
        retry_at(50),
        DeliveryOutcome::Deferred { at: at(60) },
        DeliveryOutcome::Failed { error: "550 no mailbox".to_owned() },
        DeliveryOutcome::Cancelled,
    ];
    for (mail, outcome) in store.claim(at(2), 9).await.iter().zip(outcomes) {
        store.finish(mail, outcome, at(3)).await;
    }
    let mails = store.mails().await;
    let expected = |index: usize, name: &str, state, attempts| OutboxEntry {
        id: mails[index].id,
        kind: "welcome".to_owned(),
        recipient: format!("{name}@example.com"),
        state,
        attempts,
        last_error: None,
        created_at: at(1),
        next_attempt_at: None,
        sent_at: None,
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(mails[0], OutboxEntry { sent_at: Some(at(3)), ..expected(0, "sent", MailState::Sent, 1) });
    let retry = expected(1, "retry", MailState::Queued, 1);
    assert_eq!(mails[1], OutboxEntry { last_error: text("451 try again"), next_attempt_at: Some(at(50)), ..retry });
    let deferred = expected(2, "deferred", MailState::Queued, 0);
    assert_eq!(mails[2], OutboxEntry { next_attempt_at: Some(at(60)), ..deferred });
    let failed = expected(3, "failed", MailState::Failed, 1);
    assert_eq!(mails[3], OutboxEntry { last_error: text("550 no mailbox"), ..failed });
    assert_eq!(mails[4], expected(4, "cancelled", MailState::Cancelled, 1));
}

/// A success deletes the error of the attempt before; a cancellation keeps it.
pub async fn the_error_is_that_of_the_last_attempt(store: Store) {
    store.queue_to(&["a", "b"], at(1)).await;
    for mail in store.claim(at(2), 9).await {
        store.finish(&mail, retry_at(3), at(2)).await;
    }
    let mails = store.claim(at(3), 9).await;
    store.finish(&mails[0], DeliveryOutcome::Sent, at(3)).await;
    store.finish(&mails[1], DeliveryOutcome::Cancelled, at(3)).await;
    let errors: Vec<_> = store.mails().await.into_iter().map(|mail| mail.last_error).collect();
    assert_eq!(errors, [None, Some("451 try again".to_owned())]);
}

/// Another process has claimed the mail, or the mail has left the queue.
pub async fn the_late_outcome_of_a_lost_claim_changes_nothing(store: Store) {
    store.queue_to(&["a"], at(1)).await;
    let lost = store.claim_one(at(2)).await;
    let current = store.claim_one(at(2) + LEASE).await;
    let before = store.mails().await;
    for outcome in [DeliveryOutcome::Sent, retry_at(3), DeliveryOutcome::Deferred { at: at(3) }] {
        store.finish(&lost, outcome, at(400)).await;
    }
    assert_eq!(store.mails().await, before);
    store.finish(&current, DeliveryOutcome::Failed { error: "550 no mailbox".to_owned() }, at(401)).await;
    let failed = store.mails().await;
    assert_eq!(failed[0].state, MailState::Failed);
    for mail in [&lost, &current] {
        store.finish(mail, DeliveryOutcome::Sent, at(402)).await;
    }
    assert_eq!(store.mails().await, failed);
    store.outbox.finish(failed[0].id + 1, 1, DeliveryOutcome::Sent, at(403)).await.unwrap();
}

/// A postponed attempt has the number of the one that follows.
pub async fn a_deferred_attempt_does_not_count(store: Store) {
    store.queue_to(&["a"], at(1)).await;
    for second in 2..5 {
        let mail = store.claim_one(at(second)).await;
        assert_eq!(mail.attempts, 1);
        store.finish(&mail, DeliveryOutcome::Deferred { at: at(second + 1) }, at(second)).await;
    }
}
