//! The health of a process: every process serves `/health/live`, `/health/ready` and `/metrics`.
//!
//! A [`Probe`] checks one dependency of the process, within a time limit. Concurrent callers share one check, so that
//! each worker runs at most one check of a dependency at a time.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use actix_web::http::header::RETRY_AFTER;
use actix_web::{HttpResponse, get, web};
use futures_util::FutureExt;
use futures_util::future::{LocalBoxFuture, WeakShared};
use steward_contracts::bodies::{ApiState, DatabaseHealth, Health, HealthStatus, Liveness, RedisHealth};

use crate::responses::Unlimited;
use crate::service::Endpoint;
use crate::{ApiError, HttpError, Metrics};

/// The time limit of a probe.
pub const PROBE_DEADLINE: Duration = Duration::from_secs(1);

/// Checks one dependency. A probe belongs to one worker; its clones share it.
pub struct Probe<T>(Rc<ProbeState<T>>);

struct ProbeState<T> {
    ask: Box<dyn Fn() -> LocalBoxFuture<'static, T>>,
    /// The check in progress. It is dropped when no caller waits for it.
    in_progress: RefCell<Option<WeakShared<LocalBoxFuture<'static, T>>>>,
}

impl<T> Clone for Probe<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T: Clone + 'static> Probe<T> {
    /// Creates a probe that checks with `ask`. The probe returns `fallback` without a result within [`PROBE_DEADLINE`].
    pub fn new<F: Future<Output = T> + 'static>(fallback: T, ask: impl Fn() -> F + 'static) -> Self {
        let ask = Box::new(move || {
            let (result, fallback) = (ask(), fallback.clone());
            async move { tokio::time::timeout(PROBE_DEADLINE, result).await.unwrap_or(fallback) }.boxed_local()
        });
        Self(Rc::new(ProbeState { ask, in_progress: RefCell::new(None) }))
    }

    /// Creates a probe with a fixed result.
    pub fn fixed(result: T) -> Self {
        Self::new(result.clone(), move || std::future::ready(result.clone()))
    }

    /// Runs the check, or waits for the check in progress.
    pub async fn ask(&self) -> T {
        let in_progress = self.0.in_progress.borrow().as_ref().and_then(WeakShared::upgrade);
        let result = match in_progress {
            Some(result) if result.peek().is_none() => result,
            _ => {
                let result = (self.0.ask)().shared();
                *self.0.in_progress.borrow_mut() = result.downgrade();
                result
            }
        };
        result.await
    }
}

/// The probes of all dependencies of a process.
#[derive(Clone)]
pub struct Probes {
    /// The database.
    pub database: Probe<DatabaseHealth>,
    /// The shared short-lived state, in Redis.
    pub redis: Probe<RedisHealth>,
    /// For each service behind a gateway, whether it is ready.
    pub services: Vec<Probe<bool>>,
}

impl Probes {
    /// Runs all probes concurrently and returns the health of the process.
    pub async fn ask(&self) -> Health {
        let services = futures_util::future::join_all(self.services.iter().map(Probe::ask));
        let (database, redis, services) =
            futures_util::future::join3(self.database.ask(), self.redis.ask(), services).await;
        let healthy = database.connected && !services.contains(&false);
        let status = if healthy { HealthStatus::Healthy } else { HealthStatus::Unhealthy };
        Health { status, api: ApiState::Running, database, redis }
    }
}

/// Responds 200, or 503 if the process cannot serve requests.
pub fn respond(health: &Health) -> HttpResponse {
    match health.status {
        HealthStatus::Healthy => HttpResponse::Ok().json(health),
        HealthStatus::Unhealthy => HttpResponse::ServiceUnavailable().insert_header((RETRY_AFTER, "2")).json(health),
    }
}

/// Returns `/health/live`, `/health/ready` and `/metrics`, which every process serves.
pub fn endpoints() -> [Endpoint; 3] {
    [Endpoint::new(|| get_liveness), Endpoint::new(|| get_readiness), Endpoint::new(|| get_metrics)]
        .map(Endpoint::unlimited)
}

/// Adds the data of [`endpoints`] to an app.
pub fn add_data(probes: Probes, metrics: Metrics) -> impl FnOnce(&mut web::ServiceConfig) {
    |config| {
        config.app_data(web::Data::new(probes)).app_data(web::Data::new(metrics));
    }
}

/// Mounts `/health/live`, `/health/ready` and `/metrics` of a process that is ready as soon as it runs.
///
/// For a process that has to respond even if its dependencies are unavailable.
pub fn mount_without_probes(metrics: Metrics) -> impl FnOnce(&mut web::ServiceConfig) {
    |config| {
        config
            .app_data(web::Data::new(metrics))
            .service(get_liveness)
            .route("/health/ready", web::get().to(|| async { HttpResponse::Ok().json(Liveness::default()) }))
            .service(get_metrics);
    }
}

/// Reports that the process runs, whatever the state of its dependencies.
#[utoipa::path(
    tag = "health",
    summary = "Check liveness",
    description = "Responds 200 while the process runs, whatever the state of its dependencies. For liveness probes.",
    responses(Unlimited, (status = 200, description = "The process runs", body = Liveness))
)]
#[get("/health/live")]
async fn get_liveness() -> HttpResponse {
    HttpResponse::Ok().json(Liveness::default())
}

/// Reports whether the process can serve requests.
#[utoipa::path(
    tag = "health",
    summary = "Check readiness",
    description = "Checks the database and the services behind the gateway. For readiness probes.",
    responses(
        Unlimited,
        (status = 200, description = "The process can serve requests", body = Health),
        (status = 503, description = "The database or a service behind the gateway is unavailable", body = Health)
    )
)]
#[get("/health/ready")]
async fn get_readiness(probes: web::Data<Probes>) -> HttpResponse {
    respond(&probes.ask().await)
}

/// Requests by route, method and status, latencies, pools and queues.
#[utoipa::path(
    tag = "health",
    summary = "Metrics for Prometheus",
    description = "Requests by route, method and status, latencies, pools and queues.",
    responses(
        Unlimited,
        (status = 200, description = "Prometheus' text format", body = String, content_type = "text/plain")
    )
)]
#[get("/metrics")]
async fn get_metrics(metrics: web::Data<Metrics>) -> Result<HttpResponse, ApiError> {
    let text = metrics.text().map_err(|error| HttpError::Internal(error.to_string()))?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures_util::future::join_all;
    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn concurrent_callers_share_one_check_and_the_next_caller_runs_another() {
        let (calls, go_on) = (Rc::new(Cell::new(0)), Rc::new(Notify::new()));
        let probe = {
            let (calls, go_on) = (Rc::clone(&calls), Rc::clone(&go_on));
            Probe::new(0, move || {
                calls.set(calls.get() + 1);
                let (result, go_on) = (calls.get(), Rc::clone(&go_on));
                async move {
                    go_on.notified().await;
                    result
                }
            })
        };
        let mut callers = join_all((0..100).map(|_| probe.ask()));
        assert_eq!((&mut callers).now_or_never(), None);
        go_on.notify_one();
        assert_eq!(callers.await, [1; 100]);
        go_on.notify_one();
        assert_eq!(probe.ask().await, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_without_a_result_returns_its_fallback() {
        let probe = Probe::new(false, || async {
            std::future::pending::<()>().await;
            true
        });
        let started = tokio::time::Instant::now();
        assert!(!probe.ask().await);
        assert!(started.elapsed() >= PROBE_DEADLINE && started.elapsed() < PROBE_DEADLINE * 2);
    }

    #[tokio::test]
    async fn a_check_without_a_waiting_caller_is_dropped() {
        let calls = Rc::new(Cell::new(0));
        let count = Rc::clone(&calls);
        let probe = Probe::new(0, move || {
            count.set(count.get() + 1);
            std::future::pending()
        });
        assert_eq!(probe.ask().now_or_never(), None);
        assert_eq!(probe.ask().now_or_never(), None);
        assert_eq!(calls.get(), 2);
    }
}
