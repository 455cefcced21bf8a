use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use deadpool_redis::redis::{self, Cmd, ErrorKind, ServerErrorKind};
use steward_domain::ports::{Charge, Clock, RateLimiter, StoreError, Verdict};
use steward_domain::rate_limit::{Quota, RatePeriod};

use super::Redis;
use super::pool::Connection;

/// With another clock than its own, Redis must keep keys this much longer, because it expires them by its own clock.
const MARGIN: Duration = Duration::from_hours(1);

/// The rate limit script and its clock.
pub(super) struct Script {
    script: redis::Script,
    clock: Option<Arc<dyn Clock>>,
}

impl Default for Script {
    /// Uses the server's clock, because the clocks of processes differ. A few milliseconds already change a limit of
    /// thousands per minute. All processes share one Redis and therefore one clock.
    fn default() -> Self {
        Self { script: redis::Script::new(include_str!("limiter.lua")), clock: None }
    }
}

impl Script {
    pub(super) fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { clock: Some(clock), ..Self::default() }
    }

    /// Returns the undrained part of each pair before its charge, in microseconds. Charges all pairs if all of them
    /// have room.
    async fn run(&self, connection: &Connection, charges: &[Charge<'_>]) -> Result<Vec<i64>, redis::RedisError> {
        match connection.run(&self.command("EVALSHA", self.script.get_hash(), charges)).await {
            // A server loses its scripts when it restarts, and a promoted replica never received them.
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                connection.run(&self.command("EVAL", include_str!("limiter.lua"), charges)).await
            }
            result => result,
        }
    }

    fn command(&self, name: &str, script: &str, charges: &[Charge<'_>]) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(script).arg(charges.len());
        for charge in charges {
            // A cluster stores keys with the same word in braces on one node. Scripts cannot use several nodes.
            command.arg(format!("steward:{{limit}}:{}:{}", charge.rule, charge.key));
        }
        match &self.clock {
            None => command.arg("").arg(0),
            Some(clock) => command.arg(clock.now().timestamp_micros()).arg(MARGIN.as_millis().to_string()),
        };
        for charge in charges {
            command.arg(charge.quota.interval().as_micros().to_string());
            command.arg(charge.quota.full_after().as_micros().to_string());
        }
        command
    }
}

#[async_trait]
impl RateLimiter for Redis {
    async fn check(&self, charges: &[Charge<'_>]) -> Result<Vec<Verdict>, StoreError> {
        if charges.is_empty() {
            return Ok(Vec::new());
        }
        let filled = self.with_connection(async |connection| self.script.run(connection, charges).await).await?;
        if filled.len() != charges.len() {
            return Err(StoreError::failed("Redis returned a different number of results than requested"));
        }
        // The verdicts only depend on durations from now, so 0 can represent now.
        Ok(Verdict::on_all(charges, 0, &filled))
    }
}

impl Redis {
    /// Checks that Redis can run the rate limit script. A PING would also succeed on a server that cannot write: a
    /// replica, one without free memory, or one that does not permit scripts.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let quota = Quota::new(1_000_000, RatePeriod::Second).map_err(|error| StoreError::failed(error.to_string()))?;
        self.check(&[Charge { rule: "ping", key: "", quota }]).await.map(|_| ())
    }
}
