//! Sends the mails of the outbox. Any number of processes may run it.
//!
//! A mail is sent at least once: if a process dies between the delivery and `Outbox::finish`, another one sends the
//! mail again, with the same `Message-ID`.

mod figures;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::StreamExt;
use futures_util::stream;
use steward_domain::ports::{MailLink, Mailer, OutgoingMail, SendError, StoreError};
use steward_domain::{ClaimedMail, DeliveryOutcome, MailKind, Timestamp, TokenHash};

pub use self::figures::DeliveryFigures;
use crate::AuthService;
use crate::link_token::LinkToken;
use crate::mails::link_url;

/// Requests for a new password that one run resolves.
const MAX_REQUESTS: usize = 100;
/// Mails that one run sends.
const BATCH: u32 = 100;
/// The time for which a claim holds.
const LEASE: TimeDelta = TimeDelta::minutes(10);
/// The part of the lease in which no attempt begins, longer than the time limit of an attempt.
const RESERVE: TimeDelta = TimeDelta::minutes(3);
/// Domains to which mails are sent concurrently, and mails per domain.
const MAX_DOMAINS: usize = 16;
const MAX_PER_DOMAIN: usize = 2;
/// The mail is given up after this number of attempts.
const MAX_ATTEMPTS: u32 = 10;
/// The delay after the first attempt. It doubles with each attempt up to the longest one.
const FIRST_DELAY: TimeDelta = TimeDelta::minutes(1);
const LONGEST_DELAY: TimeDelta = TimeDelta::hours(6);
/// Mails that an address gets within an hour. Others wait.
const MAX_PER_HOUR: u32 = 20;
/// The maximum number of mails for the recovery of an account that an address gets within an hour, in addition to the
/// others. The limits of their causes keep one account below it. It stops a flood from many accounts that had the address.
const MAX_RECOVERY_PER_HOUR: u32 = 10;
/// The time for which a mail waits if its address has got too many.
const DEFERRED_FOR: TimeDelta = TimeDelta::minutes(15);

/// What sends mails.
#[derive(Clone)]
pub struct MailDelivery {
    /// Renders and sends.
    pub mailer: Arc<dyn Mailer>,
    /// Figures for metrics.
    pub figures: Arc<DeliveryFigures>,
}

impl MailDelivery {
    /// Creates the delivery of a process that has sent no mail yet.
    pub fn new(mailer: Arc<dyn Mailer>) -> Self {
        Self { mailer, figures: Arc::default() }
    }
}

impl AuthService {
    /// Whether this process sends mails.
    pub fn delivers_mails(&self) -> bool {
        self.delivery.is_some() && self.mail.is_some()
    }

    /// Resolves the requests for a new password, then sends mails that are due. Returns whether more work may be due.
    ///
    /// An error of storage does not stop the mails that are being sent.
    pub async fn deliver_mails(&self) -> Result<bool, StoreError> {
        let (Some(delivery), Some(settings)) = (&self.delivery, &self.mail) else { return Ok(false) };
        // A request that cannot be resolved must not stop the mails.
        let resolved = self.resolve_password_resets().await;
        let now = self.clock.now();
        let claimed = self.outbox.claim(now, LEASE, BATCH).await?;
        let are_mails_due = !claimed.is_empty();
        let last_start = now + LEASE - RESERVE;
        let public_url = settings.public_url.as_str();
        let results: Vec<Vec<Result<(), StoreError>>> = stream::iter(by_domain(claimed))
            .map(|mails| {
                let sent = stream::iter(mails).map(|mail| self.deliver(delivery, public_url, mail, last_start));
                sent.buffer_unordered(MAX_PER_DOMAIN).collect()
            })
            .buffer_unordered(MAX_DOMAINS)
            .collect()
            .await;
        results.into_iter().flatten().collect::<Result<(), StoreError>>()?;
        let is_more_due = resolved? == MAX_REQUESTS || are_mails_due;
        if !is_more_due {
            delivery.figures.set_queue(self.outbox.statistics().await?);
        }
        Ok(is_more_due)
    }

    /// Resolves at most [`MAX_REQUESTS`] requests for a new password. Returns their number.
    async fn resolve_password_resets(&self) -> Result<usize, StoreError> {
        let mut resolved = 0;
        while resolved < MAX_REQUESTS && self.resolve_password_reset().await? {
            resolved += 1;
        }
        Ok(resolved)
    }

    /// Sends a mail and stores the outcome.
    async fn deliver(
        &self,
        delivery: &MailDelivery,
        public_url: &str,
        mail: ClaimedMail,
        last_start: Timestamp,
    ) -> Result<(), StoreError> {
        let (id, attempts) = (mail.id, mail.attempts);
        let outcome = self.attempt(&*delivery.mailer, public_url, mail, last_start).await;
        delivery.figures.count(&outcome);
        match &outcome {
            DeliveryOutcome::Failed { error } => tracing::error!(mail = id, attempts, error, "a mail was not sent"),
            DeliveryOutcome::Retry { error, .. } => tracing::warn!(mail = id, attempts, error, "a mail is sent later"),
            DeliveryOutcome::Sent | DeliveryOutcome::Deferred { .. } | DeliveryOutcome::Cancelled => {}
        }
        self.outbox.finish(id, attempts, outcome, self.clock.now()).await
    }

    async fn attempt(
        &self,
        mailer: &dyn Mailer,
        public_url: &str,
        mail: ClaimedMail,
        last_start: Timestamp,
    ) -> DeliveryOutcome {
        let link = match &mail.link {
            None => None,
            // A notice is sent without its link: a thief could replace the link to suppress the notice.
            Some(link) if !link.is_valid => match mail.content.kind() {
                MailKind::NewDevice | MailKind::EmailChanged | MailKind::PasswordResetByAdministrator => None,
                _ => return DeliveryOutcome::Cancelled,
            },
            Some(link) => {
                let Some(token) = LinkToken::recover(&self.derived_keys.link, &link.id, &link.token_hash) else {
                    let error = "the key that derived the token of the link is no longer set".to_owned();
                    return DeliveryOutcome::Failed { error };
                };
                let url = link_url(public_url, link.purpose, &token);
                Some(MailLink { url, expires_at: link.expires_at })
            }
        };
        let now = self.clock.now();
        if now > last_start {
            return DeliveryOutcome::Deferred { at: now };
        }
        let most = if mail.content.kind().is_for_recovery() { MAX_RECOVERY_PER_HOUR } else { MAX_PER_HOUR };
        if mail.sent_last_hour >= most {
            return DeliveryOutcome::Deferred { at: now + DEFERRED_FOR };
        }
        let (id, attempts) = (mail.id, mail.attempts);
        let outgoing = OutgoingMail {
            // The time makes it unique among databases.
            id: format!("{id}.{}", mail.created_at.timestamp_micros()),
            recipient: mail.recipient,
            content: mail.content,
            link,
            created_at: mail.created_at,
        };
        match mailer.send(&outgoing).await {
            Ok(()) => DeliveryOutcome::Sent,
            Err(SendError::Temporary(error)) if attempts < MAX_ATTEMPTS => {
                DeliveryOutcome::Retry { at: self.clock.now() + retry_delay(id, attempts), error }
            }
            Err(SendError::Temporary(error) | SendError::Permanent(error)) => DeliveryOutcome::Failed { error },
        }
    }
}

/// Groups mails by the domain of their address, in their order.
fn by_domain(mails: Vec<ClaimedMail>) -> Vec<Vec<ClaimedMail>> {
    let mut domains: HashMap<String, Vec<ClaimedMail>> = HashMap::new();
    for mail in mails {
        let domain = mail.recipient.address.as_str().rsplit('@').next().unwrap_or_default().to_owned();
        domains.entry(domain).or_default().push(mail);
    }
    domains.into_values().collect()
}

/// Returns the delay after an attempt: twice that of the attempt before, and up to a quarter more, so that mails that
/// failed together are not retried together.
fn retry_delay(mail: i64, attempts: u32) -> TimeDelta {
    let doublings = attempts.saturating_sub(1).min(10);
    let delay = (FIRST_DELAY * (1 << doublings)).min(LONGEST_DELAY);
    let seed = TokenHash::of(&[&mail.to_be_bytes()[..], &attempts.to_be_bytes()[..]].concat());
    let [spread, ..] = *seed.as_bytes();
    delay + delay / 4 * i32::from(spread) / 255
}

#[cfg(test)]
mod tests;
