//! The links of mails, and mails of changes that did not happen.

use chrono::TimeDelta;
use steward_domain::ports::CreateError;
use steward_domain::{
    ClaimedLink, Email, LinkId, LinkPurpose, MailContent, MailState, NewLink, NewMessage, Recipient, Role, TokenHash,
    User,
};

use super::super::Store;
use super::{a_mail, email};
use crate::{a_user, at};

/// A link with this number, valid until `at(1_000)`.
fn a_link(number: u8, purpose: LinkPurpose, user: Option<&User>, address: &Email) -> NewLink {
    NewLink {
        id: LinkId::new([number; LinkId::LENGTH]),
        purpose,
        user: user.map(|user| user.id),
        address: address.clone(),
        token_hash: TokenHash::of(&[number]),
        expires_at: at(1_000),
    }
}

/// A mail with a link for a user.
fn with_link(number: u8, purpose: LinkPurpose, user: &User) -> NewMessage {
    let content = match purpose {
        LinkPurpose::VerifyEmail => MailContent::VerifyEmail,
        _ => MailContent::PasswordResetByAdministrator { administrator: "Boss".to_owned() },
    };
    NewMessage {
        recipient: Recipient { user: Some(user.id), address: user.email.clone(), name: None, locale: None },
        content,
        link: Some(a_link(number, purpose, Some(user), &user.email)),
    }
}

/// An invitation to an address.
fn an_invitation(number: u8, address: &Email) -> NewMessage {
    NewMessage {
        recipient: Recipient { user: None, address: address.clone(), name: None, locale: None },
        content: MailContent::Invitation { administrator: "Boss".to_owned(), role: Role::User },
        link: Some(a_link(number, LinkPurpose::AcceptInvitation, None, address)),
    }
}

impl Store {
    /// The number and the validity of each link of the mails that are due, after which the mails have left the queue.
    async fn send_links(&self, second: i64) -> Vec<(u8, bool)> {
        let mut links = Vec::new();
        loop {
            let mails = self.claim(at(second), 99).await;
            if mails.is_empty() {
                return links;
            }
            for mail in mails {
                let link = mail.link.expect("a link");
                links.push((link.id.as_bytes()[0], link.is_valid));
                self.finish(&mail, steward_domain::DeliveryOutcome::Sent, at(second)).await;
            }
        }
    }
}

/// Valid until the instant of its expiry.
pub async fn a_claimed_mail_has_its_link(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    store.queue(vec![with_link(7, LinkPurpose::VerifyEmail, &alice)], at(1)).await;
    let mail = store.outbox.claim(at(1), TimeDelta::seconds(10), 1).await.unwrap().remove(0);
    let expected = ClaimedLink {
        id: LinkId::new([7; LinkId::LENGTH]),
        purpose: LinkPurpose::VerifyEmail,
        token_hash: TokenHash::of(&[7]),
        expires_at: at(1_000),
        is_valid: true,
    };
    assert_eq!(mail.link, Some(expected));
    for (second, is_valid) in [(999, true), (1_000, false)] {
        let mail = store.outbox.claim(at(second), TimeDelta::seconds(1), 1).await.unwrap().remove(0);
        assert_eq!(mail.link, Some(ClaimedLink { is_valid, ..expected }));
    }
}

/// Links of other purposes and of other users stay valid.
pub async fn a_new_link_supersedes_the_earlier_ones_of_its_purpose(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let bob = a_user("bob").create(&*store.accounts).await;
    let (reset, verify) = (LinkPurpose::ResetPassword, LinkPurpose::VerifyEmail);
    for message in [
        with_link(1, reset, &alice),
        with_link(2, reset, &bob),
        with_link(3, verify, &alice),
        with_link(4, reset, &alice),
        with_link(5, reset, &alice),
    ] {
        store.queue(vec![message], at(1)).await;
    }
    let mut links = store.send_links(2).await;
    links.sort_unstable();
    assert_eq!(links, [(1, false), (2, true), (3, true), (4, false), (5, true)]);
}

/// An invitation has no user.
pub async fn a_new_invitation_supersedes_the_earlier_ones_to_its_address(store: Store) {
    for (number, address) in [(1, "a@example.com"), (2, "b@example.com"), (3, "a@example.com")] {
        store.queue(vec![an_invitation(number, &email(address))], at(1)).await;
    }
    let mut links = store.send_links(2).await;
    links.sort_unstable();
    assert_eq!(links, [(1, false), (2, true), (3, true)]);
}

/// Expired links are purged. Mails without a link are still sent.
pub async fn a_mail_whose_link_was_deleted_is_cancelled(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let notice = NewMessage { link: None, ..with_link(2, LinkPurpose::ResetPassword, &alice) };
    let content = notice.content.clone();
    store.queue(vec![with_link(1, LinkPurpose::ResetPassword, &alice), notice, a_mail("other")], at(1)).await;
    assert_eq!(store.links.purge(at(1_000_000_000), 9).await.unwrap(), 1);
    assert_eq!(super::names(&store.claim(at(3), 9).await), ["other"]);
    assert_eq!(store.states().await, [MailState::Cancelled, MailState::Queued, MailState::Queued]);
    let notice = store.claim_one(at(3)).await;
    assert_eq!((notice.recipient.user, notice.content), (Some(alice.id), content));
}

/// No mail is queued, and no link is superseded.
pub async fn a_change_that_is_rolled_back_queues_no_mail(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    store.queue(vec![with_link(1, LinkPurpose::VerifyEmail, &alice)], at(1)).await;
    let (user, record) = a_user("ALICE").registration();
    let record = record.with_message(with_link(2, LinkPurpose::VerifyEmail, &alice));
    let taken = store.accounts.create(user, record).await;
    assert!(matches!(taken, Err(CreateError::Conflict(_))), "{taken:?}");
    // The second mail has the link of the first, so the whole record is rolled back.
    let (user, record) = a_user("bob").registration();
    let record = record.with_message(a_mail("bob")).with_message(with_link(1, LinkPurpose::VerifyEmail, &alice));
    assert!(store.accounts.create(user, record).await.is_err());
    assert_eq!(store.mails().await.len(), 1);
    assert_eq!(store.send_links(2).await, [(1, true)]);
}
