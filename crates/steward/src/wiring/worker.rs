use std::sync::Arc;
use std::time::Duration;

use steward_domain::ports::{Clock, IdGenerator, IdempotencyKeys, StoreError};
use steward_persistence::Database;
use steward_web::service::{BackgroundTask, TaskProgress};
use steward_worker::{Worker, WorkerPorts};
use tokio::time::sleep;

use super::Process;
use super::instance::Instance;
use crate::failure::Failure;
use crate::system::{self, RandomIds, SystemClock};

/// Pause between two transactions that fold texts, so that other writers can proceed.
const FOLD_PAUSE: Duration = Duration::from_millis(50);

/// Builds the worker, which has no endpoints of its own.
#[expect(clippy::unnecessary_wraps, reason = "the signature of every builder")]
pub(super) fn build(_: &Process) -> Result<Instance, Failure> {
    Ok(Instance::new(|_, _| ()))
}

/// Returns the tasks of the database, which belong to no other service.
///
/// The first two are queue consumers, because each process may migrate the database, and any number of processes may then
/// do the work.
pub(super) fn tasks(process: &Process) -> Vec<BackgroundTask> {
    let Some(storage) = &process.storage else { return Vec::new() };
    let database = Arc::new(storage.database.clone());
    let idempotency_keys = Arc::new(Arc::clone(&storage.idempotency_keys));
    vec![
        BackgroundTask::queue_consumer("fold_texts", Duration::from_hours(1), &database, fold_texts),
        BackgroundTask::queue_consumer("respell_addresses", Duration::from_hours(1), &database, respell_addresses),
        BackgroundTask::exclusive("purge_idempotency_keys", Duration::from_hours(1), &idempotency_keys, purge_keys),
        BackgroundTask::queue_consumer("add_origin_keys", Duration::from_hours(1), &database, add_origin_keys),
    ]
}

/// Deletes the keys of repeated requests that have expired.
async fn purge_keys(store: &Arc<dyn IdempotencyKeys>) -> Result<u64, StoreError> {
    steward_web::purge_idempotency_keys(&**store, SystemClock.now()).await
}

/// Folds texts of earlier releases and other programs for searching. Until then searches may miss users.
async fn fold_texts(database: &Database) -> Result<TaskProgress, StoreError> {
    if !database.fold_texts().await? {
        return Ok(TaskProgress::Done);
    }
    sleep(FOLD_PAUSE).await;
    Ok(TaskProgress::MoreDue)
}

/// Stores the addresses of earlier releases in the spelling of this one, unless another user has that address.
async fn respell_addresses(database: &Database) -> Result<TaskProgress, StoreError> {
    let addresses = database.respell_addresses().await?;
    if addresses > 0 {
        tracing::info!(addresses, "addresses of earlier releases are stored in one spelling");
    }
    Ok(TaskProgress::Done)
}

/// Adds the keys by which filters find sign-in attempts and sessions of earlier releases.
async fn add_origin_keys(database: &Database) -> Result<TaskProgress, StoreError> {
    let rows = database.add_origin_keys().await?;
    if rows > 0 {
        tracing::info!(rows, "filters by address and device find the sign-ins of earlier releases");
    }
    Ok(TaskProgress::Done)
}

/// Returns the runner of this process's tasks; none if the process has no database, and so no tasks.
pub(super) fn runner(process: &Process) -> Result<Option<Worker>, Failure> {
    let Some(storage) = &process.storage else { return Ok(None) };
    let ports = WorkerPorts {
        leases: Arc::clone(&storage.task_leases),
        clock: Arc::new(SystemClock),
        holder: RandomIds.token_id(),
        random: Arc::new(system::random_fraction),
    };
    Ok(Some(Worker::new(ports, &process.metrics)?))
}
