//! Runs the background tasks that the services register.
//!
//! - [`description()`]: the worker as a service. It has no endpoints besides health and metrics.
//! - [`Worker`]: starts tasks. [`RunningTasks`]: stops them.
//! - `repetition`: repeats one task until the stop. A panic of a run does not end it.
//! - `schedule`: the waits between runs, with jitter, and the back-off after failures.
//! - `lease`: keeps the lease of an exclusive task during a run.
//! - `outcome`, `metrics`: the outcomes of runs, and their metrics.
//!
//! A service registers a [`BackgroundTask`](steward_web::service::BackgroundTask). Its kind decides where it runs:
//!
//! - *Exclusive*: in one worker of many. The lease is extended while the task runs. After a success it is kept for the
//!   interval, so no other worker runs the task before; after a failure it is released. If the process is killed,
//!   another worker runs the task once the lease has expired.
//! - *Queue consumer*: in every worker. A run that returns `MoreDue` is followed by the next one at once.
//! - *Per process*: in each process of its service, because the task empties the memory of that process. It runs once
//!   more at the stop.

#![deny(missing_docs)]

mod description;
mod lease;
mod metrics;
mod outcome;
mod ports;
mod repetition;
mod schedule;
mod worker;

pub use description::{ID, description};
pub use ports::{Random, WorkerPorts};
pub use worker::{RunningTasks, Worker};

#[cfg(test)]
mod tests;
