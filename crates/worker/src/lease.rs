use std::time::Duration;

use chrono::TimeDelta;
use steward_domain::ports::StoreError;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::ports::WorkerPorts;

/// The validity of a lease during a run: the longest time until another worker replaces a killed one.
const TTL: TimeDelta = TimeDelta::seconds(90);
/// The time after which a holder must have extended the lease. The clock of another worker may be ahead of the holder's
/// by the rest of the validity, 30 seconds. Services refuse calls between clocks that are further apart.
const SAFE: Duration = Duration::from_mins(1);
/// The time between two extensions.
const EXTENSION: Duration = Duration::from_secs(20);

/// The lease of one task, for the worker of this process.
pub(crate) struct Lease<'a> {
    pub(crate) task: &'static str,
    pub(crate) ports: &'a WorkerPorts,
}

impl Lease<'_> {
    /// Acquires or extends the lease for a run. Returns the time at which the run must have ended or extended the lease;
    /// `None` if another worker has the lease.
    pub(crate) async fn acquire(&self) -> Result<Option<Instant>, StoreError> {
        let valid_until = Instant::now() + SAFE;
        Ok(self.acquire_for(TTL).await?.then_some(valid_until))
    }

    /// Keeps the lease until the next run is due, so that no other worker runs the task before.
    pub(crate) async fn keep_for(&self, interval: Duration) -> Result<(), StoreError> {
        self.acquire_for(TimeDelta::from_std(interval).unwrap_or(TimeDelta::MAX)).await.map(drop)
    }

    /// Extends the lease, which is valid until this time, until it is lost.
    pub(crate) async fn extend_until_lost(&self, mut valid_until: Instant) {
        loop {
            sleep_until(valid_until.min(Instant::now() + EXTENSION)).await;
            match timeout_at(valid_until, self.acquire()).await {
                Ok(Ok(Some(extended))) => valid_until = extended,
                Ok(Err(error)) if Instant::now() < valid_until => {
                    tracing::warn!(task = self.task, %error, "the lease of a background task was not extended");
                }
                _ => return,
            }
        }
    }

    /// Releases the lease, so that any worker can run the task at once.
    pub(crate) async fn release(&self) -> Result<(), StoreError> {
        self.ports.leases.release(self.task, &self.ports.holder).await
    }

    async fn acquire_for(&self, ttl: TimeDelta) -> Result<bool, StoreError> {
        let WorkerPorts { leases, clock, holder, .. } = self.ports;
        leases.acquire(self.task, holder, clock.now(), ttl).await
    }
}
