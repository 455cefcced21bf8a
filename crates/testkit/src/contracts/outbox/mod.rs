//! The contract of `Outbox`.

mod claiming;
mod finishing;
mod linking;
mod listing;
mod managing;

pub use claiming::*;
pub use finishing::*;
pub use linking::*;
pub use listing::*;
pub use managing::*;

use chrono::TimeDelta;
use steward_domain::{
    Action, ClaimedMail, DeliveryOutcome, DisplayName, Email, MailContent, MailState, NewMessage, OutboxEntry,
    PageRequest, PageSize, Recipient, Record, Timestamp, UserChange,
};

use super::Store;
use super::fixture::page_size;
use crate::{a_user, an_entry, user_id};

/// The time that a claim lasts.
const LEASE: TimeDelta = TimeDelta::minutes(5);

fn email(text: &str) -> Email {
    Email::parse(text).expect("an address")
}

/// A mail without a link to `name@example.com`.
fn a_mail(name: &str) -> NewMessage {
    let recipient = Recipient { user: None, address: email(&format!("{name}@example.com")), name: None, locale: None };
    NewMessage { recipient, content: MailContent::Welcome, link: None }
}

/// A mail for the recovery of an account, without a link.
fn a_recovery_mail(name: &str) -> NewMessage {
    let content = MailContent::EmailChanged { new_address: email("thief@example.com") };
    NewMessage { content, ..a_mail(name) }
}

/// The names in the addresses of claimed mails.
fn names(mails: &[ClaimedMail]) -> Vec<String> {
    mails.iter().map(|mail| mail.recipient.address.as_str().replace("@example.com", "")).collect()
}

impl Store {
    /// Queues mails, in a change of the user `sender`, which is created if it does not exist.
    async fn queue(&self, messages: Vec<NewMessage>, at: Timestamp) {
        if self.users.find(&user_id("sender"), at).await.unwrap().is_none() {
            a_user("sender").create(&*self.accounts).await;
        }
        let record = Record { messages, ..an_entry(Action::UserUpdated, "sender", at).into() };
        let change = UserChange { name: Some(DisplayName::parse("Sender").unwrap()), ..UserChange::default() };
        self.users.update(&user_id("sender"), Box::new(|_| Ok(Some((change, record))))).await.unwrap();
    }

    /// Queues a mail to each of these names, in this order, and one mail after the other.
    async fn queue_to(&self, names: &[&str], at: Timestamp) {
        self.queue(names.iter().map(|name| a_mail(name)).collect(), at).await;
    }

    async fn claim(&self, now: Timestamp, limit: u32) -> Vec<ClaimedMail> {
        self.outbox.claim(now, LEASE, limit).await.unwrap()
    }

    /// Claims the only mail that is due.
    async fn claim_one(&self, now: Timestamp) -> ClaimedMail {
        let mut mails = self.claim(now, 9).await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        mails.remove(0)
    }

    async fn finish(&self, mail: &ClaimedMail, outcome: DeliveryOutcome, now: Timestamp) {
        self.outbox.finish(mail.id, mail.attempts, outcome, now).await.unwrap();
    }

    /// All mails, oldest first.
    async fn mails(&self) -> Vec<OutboxEntry> {
        let mut entries = Vec::new();
        let mut page = PageRequest { size: page_size(PageSize::MAX), ..PageRequest::default() };
        loop {
            let found = self.outbox.list(None, page.clone()).await.unwrap();
            entries.extend(found.items);
            page = PageRequest { number: page.number + 1, after: found.next, ..page };
            if page.after.is_none() {
                entries.reverse();
                return entries;
            }
        }
    }

    async fn states(&self) -> Vec<MailState> {
        self.mails().await.into_iter().map(|mail| mail.state).collect()
    }
}
