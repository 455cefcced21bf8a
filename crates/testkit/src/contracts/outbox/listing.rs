//! Lists, figures and the purge.

use steward_domain::{
    DeliveryOutcome, MailContent, MailKind, MailState, NewMessage, OutboxStatistics, Page, PageRequest, Position, Total,
};

use super::super::Store;
use super::super::fixture::page_size;
use super::a_mail;
use crate::{a_user, at};

fn recipients(page: &Page<steward_domain::OutboxEntry>) -> Vec<String> {
    page.items.iter().map(|mail| mail.recipient.replace("@example.com", "")).collect()
}

/// By number and by cursor. A cursor stays valid when mails are added.
pub async fn pages_of_mails_are_sorted_newest_first(store: Store) {
    assert_eq!(store.outbox.list(None, PageRequest::default()).await.unwrap().total, Total::exact(0));
    store.queue_to(&["a", "b", "c", "d", "e"], at(1)).await;
    let size = page_size(2);
    let first = store.outbox.list(None, PageRequest { number: 1, size, after: None }).await.unwrap();
    assert_eq!((recipients(&first), first.total), (vec!["e".to_owned(), "d".to_owned()], Total::exact(5)));
    store.queue_to(&["f"], at(2)).await;
    let second = store.outbox.list(None, PageRequest { number: 2, size, after: first.next }).await.unwrap();
    assert_eq!((recipients(&second), second.total), (vec!["c".to_owned(), "b".to_owned()], Total::exact(6)));
    let third = store.outbox.list(None, PageRequest { number: 3, size, after: second.next }).await.unwrap();
    assert_eq!((recipients(&third), third.next), (vec!["a".to_owned()], None));
    let numbered = store.outbox.list(None, PageRequest { number: 2, size, after: None }).await.unwrap();
    assert_eq!(recipients(&numbered), ["d", "c"]);
    let beyond = store.outbox.list(None, PageRequest { number: 9, size, after: None }).await.unwrap();
    assert_eq!((beyond.items.len(), beyond.total), (0, Total::exact(6)));
    let forged = Some(Position { key: "forged".to_owned(), id: i64::MIN });
    assert!(store.outbox.list(None, PageRequest { number: 2, size, after: forged }).await.unwrap().items.is_empty());
}

/// The total is that of the state.
pub async fn mails_are_filtered_by_state(store: Store) {
    store.queue_to(&["a", "b", "c", "d"], at(1)).await;
    let outcomes =
        [DeliveryOutcome::Sent, DeliveryOutcome::Failed { error: "550".to_owned() }, DeliveryOutcome::Cancelled];
    for (mail, outcome) in store.claim(at(2), 9).await.iter().zip(outcomes) {
        store.finish(mail, outcome, at(3)).await;
    }
    for (state, name) in
        [(MailState::Sent, "a"), (MailState::Failed, "b"), (MailState::Cancelled, "c"), (MailState::Queued, "d")]
    {
        let page = store.outbox.list(Some(state), PageRequest::default()).await.unwrap();
        assert_eq!((recipients(&page), page.total), (vec![name.to_owned()], Total::exact(1)));
    }
}

/// Counting stops at the cap.
pub async fn the_total_of_mails_is_exact_up_to_the_cap(store: Store) {
    store.queue(vec![a_mail("a"); 1_000], at(1)).await;
    assert_eq!(store.outbox.list(None, PageRequest::default()).await.unwrap().total, Total::exact(1_000));
    store.queue_to(&["b"], at(1)).await;
    for state in [None, Some(MailState::Queued)] {
        assert_eq!(store.outbox.list(state, PageRequest::default()).await.unwrap().total, Total::ABOVE_CAP);
    }
}

/// Also after it was sent.
pub async fn a_recent_mail_is_found_by_user_and_kind(store: Store) {
    let (alice, bob) = (a_user("alice").create(&*store.accounts).await, a_user("bob").create(&*store.accounts).await);
    store.queue(vec![NewMessage::to(&alice, MailContent::Welcome)], at(5)).await;
    store.finish(&store.claim_one(at(6)).await, DeliveryOutcome::Sent, at(6)).await;
    for (user, kind, since, expected) in [
        (&alice, MailKind::Welcome, at(5), true),
        (&alice, MailKind::Welcome, at(6), false),
        (&alice, MailKind::LockedOut, at(5), false),
        (&bob, MailKind::Welcome, at(5), false),
    ] {
        assert_eq!(store.outbox.has_recent(user.id, kind, since).await.unwrap(), expected, "{} {kind:?}", user.user_id);
    }
}

/// Also mails that wait for others to their recipient.
pub async fn queued_mails_are_counted_with_the_oldest(store: Store) {
    assert_eq!(store.outbox.statistics().await.unwrap(), OutboxStatistics::default());
    for second in 1..5 {
        store.queue_to(&["a"], at(second)).await;
    }
    let expected = |queued, second| OutboxStatistics { queued, oldest: Some(at(second)) };
    assert_eq!(store.outbox.statistics().await.unwrap(), expected(4, 1));
    let mail = store.claim_one(at(9)).await;
    assert_eq!(store.outbox.statistics().await.unwrap(), expected(4, 1));
    store.finish(&mail, DeliveryOutcome::Sent, at(9)).await;
    assert_eq!(store.outbox.statistics().await.unwrap(), expected(3, 2));
}

/// Queued mails stay, however old they are.
pub async fn purging_removes_mails_that_left_the_queue_earlier_up_to_the_limit(store: Store) {
    store.queue_to(&["a", "b", "c", "d"], at(1)).await;
    let outcomes =
        [DeliveryOutcome::Sent, DeliveryOutcome::Failed { error: "550".to_owned() }, DeliveryOutcome::Cancelled];
    for ((mail, outcome), second) in store.claim(at(2), 9).await.iter().zip(outcomes).zip([10, 11, 12]) {
        store.finish(mail, outcome, at(second)).await;
    }
    assert_eq!(store.outbox.purge(at(10), 9).await.unwrap(), 0);
    assert_eq!(store.outbox.purge(at(99), 1).await.unwrap(), 1);
    assert_eq!(store.states().await, [MailState::Failed, MailState::Cancelled, MailState::Queued]);
    assert_eq!(store.outbox.purge(at(12), 9).await.unwrap(), 1);
    assert_eq!(store.states().await, [MailState::Cancelled, MailState::Queued]);
    assert_eq!(store.outbox.purge(at(1_000_000), 9).await.unwrap(), 1);
    assert_eq!(store.states().await, [MailState::Queued]);
}
