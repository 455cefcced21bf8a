//! How a process is: `/health/live`, `/health/ready` and `/metrics`, which every process serves.
//!
//! A [`Probe`] asks one thing the process stands on. It is bounded in time, and whoever asks while an answer is under
//! way waits for that one, so that no number of callers makes more than one probe per worker.

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
use crate::{ApiError, Endpoints, Metrics};

/// How long a probe may take.
pub const PROBE_DEADLINE: Duration = Duration::from_secs(1);

/// Asks one thing how it is. Belongs to one worker; its clones share it.
pub struct Probe<T>(Rc<Asking<T>>);

struct Asking<T> {
    ask: Box<dyn Fn() -> LocalBoxFuture<'static, T>>,
    /// Gone as soon as nobody waits for it any more.
    under_way: RefCell<Option<WeakShared<LocalBoxFuture<'static, T>>>>,
}

impl<T> Clone for Probe<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T: Clone + 'static> Probe<T> {
    /// A probe that asks with `ask`, and answers `silence` when there is no answer within [`PROBE_DEADLINE`].
    pub fn new<F: Future<Output = T> + 'static>(silence: T, ask: impl Fn() -> F + 'static) -> Self {
        let ask = Box::new(move || {
            let (answer, silence) = (ask(), silence.clone());
            async move { tokio::time::timeout(PROBE_DEADLINE, answer).await.unwrap_or(silence) }.boxed_local()
        });
        Self(Rc::new(Asking { ask, under_way: RefCell::new(None) }))
    }

    /// A probe of what never changes.
    pub fn fixed(answer: T) -> Self {
        Self::new(answer.clone(), move || std::future::ready(answer.clone()))
    }

    /// The answer, not older than the longest that another caller has been waiting for it.
    pub async fn ask(&self) -> T {
        let under_way = self.0.under_way.borrow().as_ref().and_then(WeakShared::upgrade);
        let answer = match under_way {
            Some(answer) if answer.peek().is_none() => answer,
            _ => {
                let answer = (self.0.ask)().shared();
                *self.0.under_way.borrow_mut() = answer.downgrade();
                answer
            }
        };
        answer.await
    }
}

/// Everything that a process stands on.
#[derive(Clone)]
pub struct Probes {
    /// The database.
    pub database: Probe<DatabaseHealth>,
    /// The shared short-lived state.
    pub redis: Probe<RedisHealth>,
    /// The services behind a gateway: whether each is ready.
    pub services: Vec<Probe<bool>>,
}

impl Probes {
    /// How the process is now; all that it stands on is asked at once.
    pub async fn ask(&self) -> Health {
        let services = futures_util::future::join_all(self.services.iter().map(Probe::ask));
        let (database, redis, services) =
            futures_util::future::join3(self.database.ask(), self.redis.ask(), services).await;
        let healthy = database.connected && !services.contains(&false);
        let status = if healthy { HealthStatus::Healthy } else { HealthStatus::Unhealthy };
        Health { status, api: ApiState::Running, database, redis }
    }
}

/// 200, or 503 when requests cannot be served.
pub fn respond(health: &Health) -> HttpResponse {
    match health.status {
        HealthStatus::Healthy => HttpResponse::Ok().json(health),
        HealthStatus::Unhealthy => HttpResponse::ServiceUnavailable().insert_header((RETRY_AFTER, "2")).json(health),
    }
}

/// Mounts `/health/live`, `/health/ready` and `/metrics`.
pub fn routes(probes: Probes, metrics: Metrics) -> impl FnOnce(&mut web::ServiceConfig) {
    |config| {
        config.app_data(web::Data::new(probes)).app_data(web::Data::new(metrics));
        register_openapi(config);
    }
}

/// The endpoints of [`routes`] with nothing behind them: for the description of the API.
pub fn register_openapi(config: &mut impl Endpoints) {
    config.endpoint(get_liveness).endpoint(get_readiness).endpoint(get_metrics);
}

/// Mounts `/health/live`, `/health/ready` and `/metrics` of a process that is ready as soon as it runs: when what it asks
/// is away, telling so is what it is there for.
pub fn standing_alone(metrics: Metrics) -> impl FnOnce(&mut web::ServiceConfig) {
    |config| {
        config
            .app_data(web::Data::new(metrics))
            .service(get_liveness)
            .route("/health/ready", web::get().to(|| async { HttpResponse::Ok().json(Liveness::default()) }))
            .service(get_metrics);
    }
}

/// Tells that the process runs, whatever it stands on.
#[utoipa::path(
    tag = "health",
    summary = "Is the process alive?",
    description = "Answers as long as the process runs, whatever else is away: for liveness probes.",
    responses(Unlimited, (status = 200, description = "It runs", body = Liveness))
)]
#[get("/health/live")]
async fn get_liveness() -> HttpResponse {
    HttpResponse::Ok().json(Liveness::default())
}

/// Tells whether the process can serve requests, by asking what it stands on.
#[utoipa::path(
    tag = "health",
    summary = "Can it serve requests?",
    description = "Asks the database and the services behind the gateway: for readiness probes.",
    responses(
        Unlimited,
        (status = 200, description = "It can", body = Health),
        (status = 503, description = "The database, or a service behind the gateway, is away", body = Health)
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
    let text = metrics.text().map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures_util::future::join_all;
    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn all_who_wait_at_once_share_one_question_and_the_next_asks_anew() {
        let (asked, go_on) = (Rc::new(Cell::new(0)), Rc::new(Notify::new()));
        let probe = {
            let (asked, go_on) = (Rc::clone(&asked), Rc::clone(&go_on));
            Probe::new(0, move || {
                asked.set(asked.get() + 1);
                let (answer, go_on) = (asked.get(), Rc::clone(&go_on));
                async move {
                    go_on.notified().await;
                    answer
                }
            })
        };
        let mut everybody = join_all((0..100).map(|_| probe.ask()));
        assert_eq!((&mut everybody).now_or_never(), None);
        go_on.notify_one();
        assert_eq!(everybody.await, [1; 100]);
        go_on.notify_one();
        assert_eq!(probe.ask().await, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_an_answer_after_a_second() {
        let probe = Probe::new(false, || async {
            std::future::pending::<()>().await;
            true
        });
        let began = tokio::time::Instant::now();
        assert!(!probe.ask().await);
        assert!(began.elapsed() >= PROBE_DEADLINE && began.elapsed() < PROBE_DEADLINE * 2);
    }

    #[tokio::test]
    async fn a_question_that_nobody_waits_for_any_more_is_dropped() {
        let asked = Rc::new(Cell::new(0));
        let count = Rc::clone(&asked);
        let probe = Probe::new(0, move || {
            count.set(count.get() + 1);
            std::future::pending()
        });
        assert_eq!(probe.ask().now_or_never(), None);
        assert_eq!(probe.ask().now_or_never(), None);
        assert_eq!(asked.get(), 2);
    }
}
