use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use secrecy::ExposeSecret;
use steward_domain::ports::{Outbox, OutboxError};
use steward_domain::{
    ClaimedLink, Email, LinkId, LinkPurpose, MailContent, MailKind, MailState, Origin, OutboxEntry, OutboxStatistics,
    Page, PageRequest, Recipient, Record, UserKey,
};
use steward_testkit::{a_user, at, user_id};

use super::*;
use crate::testing::{SECRET, TestApp};
use crate::{DerivedKeys, TokenKeys};

/// A queue that hands out its mails once and records the outcomes.
#[derive(Default)]
struct Queue {
    mails: Mutex<Vec<ClaimedMail>>,
    outcomes: Mutex<Vec<(i64, u32, DeliveryOutcome)>>,
    is_broken: bool,
}

#[async_trait]
impl Outbox for Queue {
    async fn claim(&self, _: Timestamp, _: TimeDelta, limit: u32) -> Result<Vec<ClaimedMail>, StoreError> {
        let mut mails = self.mails.lock().unwrap();
        let count = mails.len().min(limit as usize);
        Ok(mails.drain(..count).collect())
    }

    async fn finish(&self, id: i64, attempts: u32, outcome: DeliveryOutcome, _: Timestamp) -> Result<(), StoreError> {
        self.outcomes.lock().unwrap().push((id, attempts, outcome));
        if self.is_broken { Err(StoreError::unavailable("on purpose")) } else { Ok(()) }
    }

    async fn list(&self, _: Option<MailState>, _: PageRequest) -> Result<Page<OutboxEntry>, StoreError> {
        unreachable!("for administrators")
    }

    async fn retry(&self, _: i64, _: Record) -> Result<OutboxEntry, OutboxError> {
        unreachable!("for administrators")
    }

    async fn cancel(&self, _: i64, _: Record) -> Result<OutboxEntry, OutboxError> {
        unreachable!("for administrators")
    }

    async fn has_recent(&self, _: UserKey, _: MailKind, _: Timestamp) -> Result<bool, StoreError> {
        unreachable!("for sign-ins")
    }

    async fn statistics(&self) -> Result<OutboxStatistics, StoreError> {
        Ok(OutboxStatistics::default())
    }

    async fn purge(&self, _: Timestamp, _: u32) -> Result<u64, StoreError> {
        unreachable!("for the purge")
    }
}

/// A mailer with a fixed result, which counts the concurrent calls per domain.
struct Recorder {
    result: Result<(), SendError>,
    sent: Mutex<Vec<OutgoingMail>>,
    concurrent: Mutex<HashMap<String, usize>>,
    most: AtomicUsize,
}

impl Recorder {
    fn with(result: Result<(), SendError>) -> Self {
        Self { result, sent: Mutex::default(), concurrent: Mutex::default(), most: AtomicUsize::new(0) }
    }
}

#[async_trait]
impl Mailer for Recorder {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        let domain = mail.recipient.address.as_str().rsplit('@').next().unwrap().to_owned();
        {
            let mut concurrent = self.concurrent.lock().unwrap();
            let now = concurrent.entry(domain.clone()).or_default();
            *now += 1;
            self.most.fetch_max(*now, Ordering::SeqCst);
        }
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        *self.concurrent.lock().unwrap().get_mut(&domain).unwrap() -= 1;
        self.sent.lock().unwrap().push(mail.clone());
        self.result.clone()
    }
}

struct Sender {
    app: TestApp,
    queue: Arc<Queue>,
    mailer: Arc<Recorder>,
}

impl Sender {
    async fn new(mails: Vec<ClaimedMail>, result: Result<(), SendError>) -> Self {
        Self::on(Queue { mails: mails.into(), ..Queue::default() }, result, |_| {}).await
    }

    async fn on(queue: Queue, result: Result<(), SendError>, change: impl FnOnce(&mut crate::AuthSettings)) -> Self {
        let mut app = TestApp::new().await;
        let (queue, mailer) = (Arc::new(queue), Arc::new(Recorder::with(result)));
        app.ports.outbox = queue.clone();
        app.ports.delivery = Some(MailDelivery::new(mailer.clone()));
        Self { app: app.with_settings(change), queue, mailer }
    }

    fn outcomes(&self) -> Vec<(i64, u32, DeliveryOutcome)> {
        std::mem::take(&mut *self.queue.outcomes.lock().unwrap())
    }

    /// Sends the only mail and returns the outcome.
    async fn outcome(&self) -> DeliveryOutcome {
        assert!(self.app.service.deliver_mails().await.unwrap());
        let mut outcomes = self.outcomes();
        assert_eq!(outcomes.len(), 1, "{outcomes:?}");
        outcomes.remove(0).2
    }
}

fn a_mail(id: i64, address: &str) -> ClaimedMail {
    let address = Email::parse(address).unwrap();
    ClaimedMail {
        id,
        recipient: Recipient { user: None, address, name: None, locale: None },
        content: MailContent::PasswordChanged { origin: Origin::default() },
        link: None,
        created_at: at(0),
        attempts: 1,
        sent_last_hour: 0,
    }
}

/// A link whose token this secret derived.
fn a_link(secret: &str) -> ClaimedLink {
    let id = LinkId::new([7; 16]);
    let token_hash = LinkToken::derive(&DerivedKeys::new(&secret.into(), None).link.current, &id).hash();
    ClaimedLink { id, purpose: LinkPurpose::ResetPassword, token_hash, expires_at: at(1_800), is_valid: true }
}

#[tokio::test]
async fn a_due_mail_is_sent_with_its_link() {
    let mail = ClaimedMail { link: Some(a_link(SECRET)), attempts: 3, ..a_mail(7, "alice@example.com") };
    let sender = Sender::new(vec![mail.clone()], Ok(())).await;
    assert!(sender.app.service.delivers_mails());
    assert!(sender.app.service.deliver_mails().await.unwrap(), "the address may have another mail");
    assert!(!sender.app.service.deliver_mails().await.unwrap());
    assert_eq!(sender.outcomes(), [(7, 3, DeliveryOutcome::Sent)]);
    let sent = sender.mailer.sent.lock().unwrap().remove(0);
    assert_eq!(sent.id, format!("7.{}", at(0).timestamp_micros()));
    assert_eq!((sent.recipient, sent.content), (mail.recipient, mail.content));
    let link = sent.link.unwrap();
    assert_eq!(link.expires_at, at(1_800));
    let url = link.url.expose_secret().to_owned();
    let token = url.strip_prefix("https://accounts.example.com/reset-password?token=").unwrap();
    assert_eq!(LinkToken::parse(token).unwrap().hash(), mail.link.unwrap().token_hash);
}

#[tokio::test]
async fn a_link_outlives_a_change_of_the_key_while_the_previous_one_is_set() {
    const OLD: &str = "the-key-before-the-key-before-it";
    for (previous, expected) in [(Some(OLD), true), (None, false)] {
        let mail = ClaimedMail { link: Some(a_link(OLD)), ..a_mail(1, "alice@example.com") };
        let queue = Queue { mails: vec![mail].into(), ..Queue::default() };
        let keys = |settings: &mut crate::AuthSettings| {
            settings.keys = TokenKeys { previous: previous.map(Into::into), ..TokenKeys::secret(SECRET.into()) };
        };
        let sender = Sender::on(queue, Ok(()), keys).await;
        let outcome = sender.outcome().await;
        assert_eq!(outcome == DeliveryOutcome::Sent, expected, "{outcome:?}");
        assert_eq!(matches!(outcome, DeliveryOutcome::Failed { .. }), !expected);
    }
}

#[tokio::test]
async fn a_notice_is_sent_without_a_link_that_is_no_longer_valid() {
    let link = ClaimedLink { is_valid: false, ..a_link(SECRET) };
    let content = MailContent::NewDevice { origin: Origin::default() };
    let mail = ClaimedMail { link: Some(link), content, ..a_mail(1, "alice@example.com") };
    assert_eq!(Sender::new(vec![mail], Ok(())).await.outcome().await, DeliveryOutcome::Sent);
}

#[tokio::test]
async fn a_mail_whose_link_is_no_longer_valid_is_cancelled() {
    let link = ClaimedLink { is_valid: false, ..a_link(SECRET) };
    let mail = ClaimedMail { link: Some(link), sent_last_hour: 100, ..a_mail(1, "alice@example.com") };
    let sender = Sender::new(vec![mail], Ok(())).await;
    assert_eq!(sender.outcome().await, DeliveryOutcome::Cancelled);
    assert!(sender.mailer.sent.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_temporary_error_is_retried_and_the_last_attempt_fails() {
    let refused = || Err(SendError::Temporary("421 try again".to_owned()));
    for attempts in 1..=MAX_ATTEMPTS {
        let sender = Sender::new(vec![ClaimedMail { attempts, ..a_mail(1, "alice@example.com") }], refused()).await;
        match sender.outcome().await {
            DeliveryOutcome::Retry { at: next, error } => {
                assert!(attempts < MAX_ATTEMPTS && next > at(0) && error == "421 try again");
            }
            DeliveryOutcome::Failed { error } => assert!(attempts == MAX_ATTEMPTS && error == "421 try again"),
            outcome => panic!("{outcome:?}"),
        }
    }
}

#[tokio::test]
async fn a_permanent_error_fails_at_once() {
    let refused = Err(SendError::Permanent("550 no such mailbox".to_owned()));
    let sender = Sender::new(vec![a_mail(1, "alice@example.com")], refused).await;
    assert_eq!(sender.outcome().await, DeliveryOutcome::Failed { error: "550 no such mailbox".to_owned() });
}

#[tokio::test]
async fn an_address_with_many_mails_waits() {
    let notice = MailContent::PasswordChanged { origin: Origin::default() };
    let recovery = MailContent::EmailChanged { new_address: Email::parse("new@example.com").unwrap() };
    let deferred = || DeliveryOutcome::Deferred { at: at(15 * 60) };
    for (content, sent_last_hour, expected) in [
        (&notice, 19, DeliveryOutcome::Sent),
        (&notice, 20, deferred()),
        (&recovery, 9, DeliveryOutcome::Sent),
        (&recovery, 10, deferred()),
    ] {
        let mail = ClaimedMail { sent_last_hour, content: content.clone(), ..a_mail(1, "alice@example.com") };
        let sender = Sender::new(vec![mail], Ok(())).await;
        assert_eq!(sender.outcome().await, expected, "{content:?} {sent_last_hour}");
    }
}

#[tokio::test]
async fn a_domain_gets_two_mails_at_a_time_and_all_are_sent() {
    let mails = (0..90).map(|n| a_mail(n, &format!("user{n}@{}.example", n % 3))).collect();
    let sender = Sender::new(mails, Ok(())).await;
    assert!(sender.app.service.deliver_mails().await.unwrap());
    assert_eq!(sender.mailer.most.load(Ordering::SeqCst), MAX_PER_DOMAIN);
    let outcomes = sender.outcomes();
    assert_eq!(outcomes.len(), 90);
    assert!(outcomes.iter().all(|(_, _, outcome)| *outcome == DeliveryOutcome::Sent));
}

#[tokio::test]
async fn an_outage_of_storage_does_not_stop_the_other_mails() {
    let mails: Vec<_> = (0..5).map(|n| a_mail(n, &format!("user{n}@example.com"))).collect();
    let queue = Queue { mails: mails.into(), is_broken: true, ..Queue::default() };
    let sender = Sender::on(queue, Ok(()), |_| {}).await;
    assert!(sender.app.service.deliver_mails().await.is_err());
    assert_eq!(sender.outcomes().len(), 5);
}

#[tokio::test]
async fn requests_for_a_new_password_are_resolved_first() {
    let sender = Sender::new(Vec::new(), Ok(())).await;
    sender.app.create(a_user("alice")).await;
    for _ in 0..MAX_REQUESTS {
        let account = steward_domain::AccountName::UserId(user_id("alice"));
        sender.app.service.request_password_reset(account, None, Origin::default()).await.unwrap();
    }
    assert!(sender.app.service.deliver_mails().await.unwrap(), "more requests may wait");
    assert!(!sender.app.service.deliver_mails().await.unwrap());
    assert_eq!(sender.app.mails().len(), 3);
}

#[tokio::test]
async fn without_a_mailer_nothing_is_sent() {
    let app = TestApp::new().await;
    assert!(!app.service.delivers_mails());
    assert!(!app.service.deliver_mails().await.unwrap());
}

#[test]
fn delays_double_up_to_six_hours_with_jitter() {
    for (attempts, minutes) in [(1, 1), (2, 2), (3, 4), (8, 128), (9, 256), (10, 360), (u32::MAX, 360)] {
        let shortest = TimeDelta::minutes(minutes);
        let delays: Vec<_> = (0..100).map(|mail| retry_delay(mail, attempts)).collect();
        assert!(delays.iter().all(|delay| shortest <= *delay && *delay <= shortest * 5 / 4), "{attempts}");
        assert!(delays.iter().any(|delay| *delay != delays[0]), "{attempts}");
    }
}
