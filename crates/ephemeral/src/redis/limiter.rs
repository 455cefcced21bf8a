use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use deadpool_redis::redis::{self, Cmd, ErrorKind, ServerErrorKind};
use steward_domain::ports::{Charge, Clock, RateLimiter, StoreError, Verdict};
use steward_domain::rate_limit::{Quota, RatePeriod};

use super::Redis;
use super::pool::Connection;

/// Redis forgets keys by its own clock. Where limits go by another, it keeps them this much longer.
const MARGIN: Duration = Duration::from_hours(1);

/// The script that decides, as Redis knows it, and the clock it goes by.
pub(super) struct Script {
    script: redis::Script,
    clock: Option<Arc<dyn Clock>>,
}

impl Default for Script {
    /// Goes by the server's clock. The clocks of processes differ: by milliseconds if all is well, which already moves
    /// a limit of thousands in a minute, and by anything if it is not. There is one Redis, so its clock is one for all.
    fn default() -> Self {
        Self { script: redis::Script::new(include_str!("limiter.lua")), clock: None }
    }
}

impl Script {
    pub(super) fn by(clock: Arc<dyn Clock>) -> Self {
        Self { clock: Some(clock), ..Self::default() }
    }

    /// What each pair was yet to drain, in microseconds, before it was charged, if all of them were.
    async fn run(&self, connection: &Connection, charges: &[Charge<'_>]) -> Result<Vec<i64>, redis::RedisError> {
        match connection.run(&self.command("EVALSHA", self.script.get_hash(), charges)).await {
            // A server forgets scripts when it starts, and a replica that takes over never heard of them.
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
            // A cluster keeps what has the same word in braces on the same node, and runs no script across nodes.
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
            return Err(StoreError::failed("Redis answered for other keys than those that were asked about"));
        }
        // All that matters from here on is how far instants are from now, so now is 0.
        Ok(Verdict::on_all(charges, 0, &filled))
    }
}

impl Redis {
    /// Asks Redis to do what it is there for. A PING would be answered by one that takes no writes as well: a replica,
    /// one whose memory is full, one that allows this user no scripts.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let quota = Quota::new(1_000_000, RatePeriod::Second).map_err(|error| StoreError::failed(error.to_string()))?;
        self.check(&[Charge { rule: "ping", key: "", quota }]).await.map(|_| ())
    }
}
