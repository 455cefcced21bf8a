//! Which mails are claimed, and in which order.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use steward_domain::{ClaimedMail, DeliveryOutcome, DisplayName, Locale, MailContent, NewMessage, Origin, Recipient};
use tokio::task::JoinSet;

use super::super::Store;
use super::{LEASE, a_mail, a_recovery_mail, email, names};
use crate::{a_user, at};

/// With every field, and with the user.
pub async fn a_claimed_mail_has_the_queued_values(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let message = NewMessage {
        recipient: Recipient {
            user: Some(alice.id),
            address: email("alice@example.com"),
            name: Some(DisplayName::parse("Éva \"홍길동\" O'Brien").unwrap()),
            locale: Some(Locale::parse("ko-KR").unwrap()),
        },
        content: MailContent::LockedOut {
            origin: Origin::new(Some([192, 0, 2, 7].into()), Some("curl/8 \"\\ 길")),
            until: at(90) + TimeDelta::microseconds(1),
        },
        link: None,
    };
    let created_at = at(5) + TimeDelta::microseconds(1);
    store.queue(vec![message.clone()], created_at).await;
    let mail = store.claim_one(at(6)).await;
    let expected = ClaimedMail {
        id: mail.id,
        recipient: message.recipient,
        content: message.content,
        link: None,
        created_at,
        attempts: 1,
        sent_last_hour: 0,
    };
    assert_eq!(mail, expected);
}

/// Until then, no mail is due.
pub async fn a_mail_is_due_at_the_time_of_its_change(store: Store) {
    store.queue_to(&["a"], at(5)).await;
    assert!(store.claim(at(4), 9).await.is_empty());
    assert_eq!(names(&store.claim(at(5), 9).await), ["a"]);
}

/// The rest is claimed later.
pub async fn due_mails_are_claimed_oldest_first_up_to_the_limit(store: Store) {
    assert!(store.claim(at(1), 9).await.is_empty());
    for (second, name) in [(1, "c"), (2, "a"), (3, "d"), (4, "b")] {
        store.queue_to(&[name], at(second)).await;
    }
    assert!(store.claim(at(9), 0).await.is_empty());
    assert_eq!(names(&store.claim(at(9), 3).await), ["c", "a", "d"]);
    assert_eq!(names(&store.claim(at(9), 3).await), ["b"]);
    assert!(store.claim(at(9), 3).await.is_empty());
}

/// The order is that of the next attempts.
pub async fn retries_are_claimed_in_the_order_of_their_times(store: Store) {
    store.queue_to(&["a", "b", "c"], at(1)).await;
    let mails = store.claim(at(2), 9).await;
    for (mail, second) in mails.iter().zip([30, 10, 20]) {
        store.finish(mail, DeliveryOutcome::Retry { at: at(second), error: "busy".to_owned() }, at(3)).await;
    }
    assert!(store.claim(at(9), 9).await.is_empty());
    assert_eq!(names(&store.claim(at(10), 9).await), ["b"]);
    let later = store.claim(at(30), 9).await;
    assert_eq!(names(&later), ["c", "a"]);
    assert!(later.iter().all(|mail| mail.attempts == 2));
}

/// The process that claimed it may have ended. The attempt counts.
pub async fn a_claim_ends_with_its_lease(store: Store) {
    store.queue_to(&["a"], at(1)).await;
    let first = store.claim_one(at(2)).await;
    assert!(store.claim(at(2) + LEASE - TimeDelta::microseconds(1), 9).await.is_empty());
    let second = store.claim_one(at(2) + LEASE).await;
    assert_eq!((second.id, first.attempts, second.attempts), (first.id, 1, 2));
}

/// A later mail waits until the earlier one is sent, has failed or is cancelled, whatever the time of the next attempt.
pub async fn a_recipient_gets_mails_in_order(store: Store) {
    store.queue_to(&["a", "a", "b", "a", "a", "a"], at(1)).await;
    let ids: Vec<i64> = store.mails().await.iter().map(|mail| mail.id).collect();
    let claimed = store.claim(at(2), 9).await;
    assert_eq!(claimed.iter().map(|mail| mail.id).collect::<Vec<_>>(), [ids[0], ids[2]]);
    assert!(store.claim(at(3), 9).await.is_empty());

    store.finish(&claimed[0], DeliveryOutcome::Retry { at: at(100), error: "busy".to_owned() }, at(3)).await;
    assert!(store.claim(at(99), 9).await.is_empty(), "the first mail is still queued");
    let again = store.claim_one(at(100)).await;
    store.finish(&again, DeliveryOutcome::Deferred { at: at(200) }, at(101)).await;
    assert!(store.claim(at(199), 9).await.is_empty(), "the first mail is still queued");
    let again = store.claim_one(at(200)).await;
    assert_eq!(again.id, ids[0]);
    store.finish(&again, DeliveryOutcome::Sent, at(201)).await;

    let outcomes =
        [DeliveryOutcome::Failed { error: "no mailbox".to_owned() }, DeliveryOutcome::Cancelled, DeliveryOutcome::Sent];
    for (outcome, id) in outcomes.into_iter().zip([ids[1], ids[3], ids[4]]) {
        let next = store.claim_one(at(202)).await;
        assert_eq!(next.id, id);
        store.finish(&next, outcome, at(202)).await;
    }
    assert_eq!(store.claim_one(at(202)).await.id, ids[5]);
    assert!(store.claim(at(202), 9).await.is_empty());
}

/// A thief can cause many notices. They delay each other, but not the mail by which the owner regains the account.
pub async fn notices_do_not_delay_a_recovery_mail(store: Store) {
    store.queue_to(&["a"; 30], at(1)).await;
    let notice = store.claim_one(at(2)).await;
    store.finish(&notice, DeliveryOutcome::Deferred { at: at(10_000) }, at(2)).await;
    assert!(store.claim(at(3), 9).await.is_empty(), "the other notices wait");

    store.queue(vec![a_recovery_mail("a"), a_mail("a"), a_recovery_mail("a")], at(3)).await;
    let ids: Vec<i64> = store.mails().await.iter().map(|mail| mail.id).collect();
    for (id, outcome) in
        [(ids[30], DeliveryOutcome::Sent), (ids[32], DeliveryOutcome::Failed { error: "550 no mailbox".to_owned() })]
    {
        let mail = store.claim_one(at(4)).await;
        assert_eq!(mail.id, id);
        assert!(store.claim(at(4), 9).await.is_empty(), "recovery mails keep their order");
        store.finish(&mail, outcome, at(4)).await;
    }
    assert!(store.claim(at(9_999), 9).await.is_empty());
    for id in [ids[0], ids[1]] {
        let next = store.claim_one(at(10_000)).await;
        assert_eq!(next.id, id, "notices keep their order");
        store.finish(&next, DeliveryOutcome::Sent, at(10_000)).await;
    }
}

/// And neither do recovery mails for notices.
pub async fn notices_do_not_count_for_recovery_mails(store: Store) {
    let send_all = async |messages: Vec<NewMessage>| -> Vec<(bool, u32)> {
        store.queue(messages, at(1)).await;
        let mut counts = Vec::new();
        loop {
            let mails = store.claim(at(1), 9).await;
            if mails.is_empty() {
                counts.sort_unstable();
                return counts;
            }
            for mail in mails {
                counts.push((mail.content.kind().is_for_recovery(), mail.sent_last_hour));
                store.finish(&mail, DeliveryOutcome::Sent, at(1)).await;
            }
        }
    };
    send_all([vec![a_mail("a"); 25], vec![a_recovery_mail("a"); 3]].concat()).await;
    assert_eq!(send_all(vec![a_mail("a"), a_recovery_mail("a")]).await, [(false, 25), (true, 3)]);
}

/// One claim finds the mail behind them.
pub async fn many_mails_to_one_recipient_do_not_delay_others(store: Store) {
    let mut messages = vec![a_mail("many"); 1_500];
    messages.push(a_mail("one"));
    store.queue(messages, at(1)).await;
    assert_eq!(names(&store.claim(at(2), 2).await), ["many", "one"]);
    assert!(store.claim(at(3), 9).await.is_empty());
}

/// Four processes claim, send and finish until nothing is queued. Each mail is sent once, and in order.
pub async fn concurrent_claims_never_share_a_mail(store: Store) {
    let recipients: Vec<String> = (0..40).map(|n| format!("r{}", n % 8)).collect();
    store.queue_to(&recipients.iter().map(String::as_str).collect::<Vec<_>>(), at(1)).await;
    let (sent, mut senders) = (Arc::new(Mutex::new(Vec::new())), JoinSet::new());
    for _ in 0..4 {
        let (outbox, sent) = (Arc::clone(&store.outbox), Arc::clone(&sent));
        senders.spawn(async move {
            while outbox.statistics().await.unwrap().queued > 0 {
                for mail in outbox.claim(at(2), LEASE, 3).await.unwrap() {
                    sent.lock().unwrap().push((mail.recipient.address, mail.id));
                    outbox.finish(mail.id, mail.attempts, DeliveryOutcome::Sent, at(2)).await.unwrap();
                }
            }
        });
    }
    senders.join_all().await;
    let sent = std::mem::take(&mut *sent.lock().unwrap());
    assert_eq!(sent.len(), 40);
    let mut by_recipient: HashMap<_, Vec<i64>> = HashMap::new();
    for (address, id) in sent {
        by_recipient.entry(address).or_default().push(id);
    }
    assert!(by_recipient.values().all(|ids| ids.len() == 5 && ids.is_sorted()), "{by_recipient:?}");
}

/// The count covers the hour before the claim, and only the same address.
pub async fn mails_of_the_last_hour_are_counted_by_recipient(store: Store) {
    for second in [0, 1_000, 2_000] {
        store.queue_to(&["a", "b"], at(second)).await;
        for mail in store.claim(at(second), 9).await {
            let is_counted = mail.recipient.address == email("a@example.com");
            let outcome = if is_counted { DeliveryOutcome::Sent } else { DeliveryOutcome::Cancelled };
            store.finish(&mail, outcome, at(second)).await;
        }
    }
    store.queue_to(&["a", "b"], at(2_000)).await;
    let counts = async |second| -> Vec<u32> {
        let mails = store.claim(at(second), 9).await;
        for mail in &mails {
            store.finish(mail, DeliveryOutcome::Deferred { at: at(second) }, at(second)).await;
        }
        mails.iter().map(|mail| mail.sent_last_hour).collect()
    };
    assert_eq!(counts(3_599).await, [3, 0]);
    assert_eq!(counts(3_600).await, [2, 0]);
    assert_eq!(counts(5_600).await, [0, 0]);
}
