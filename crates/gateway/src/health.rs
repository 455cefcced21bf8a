//! `/health`, and the health of remote services.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use actix_web::http::uri::PathAndQuery;
use actix_web::{HttpResponse, get, web};
use futures_util::future::{join, join_all};
use steward_contracts::bodies::{DatabaseHealth, Health, HealthStatus, RedisHealth};
use steward_web::health::{Probe, Probes, respond};
use steward_web::responses::Unlimited;

use crate::Upstream;

/// The report of each service; `None` without a response.
type Reports = Rc<Vec<Probe<Option<Health>>>>;

/// The time limit of a service's report. It is shorter than that of a probe, so that a slow service does not hide the
/// other reports.
const REPORT_DEADLINE: Duration = Duration::from_millis(750);
/// The maximum size of a response, in bytes.
const LIMIT: usize = 16 * 1024;

/// Reports the health of the API and its dependencies.
#[utoipa::path(
    tag = "health",
    summary = "Report the health",
    description = "Reports the state of the API, the database and Redis. For people and dashboards.",
    responses(
        Unlimited,
        (status = 200, description = "The API can serve requests", body = Health),
        (status = 503, description = "The database or a service behind the gateway is unavailable", body = Health)
    )
)]
#[get("/health")]
pub(crate) async fn get_health(probes: web::Data<Probes>) -> HttpResponse {
    respond(&probes.ask().await)
}

/// Returns the probes of a gateway with remote services. The services report on their database. `redis` is the
/// gateway's own probe, because the gateway stores rate limits there.
pub fn behind(upstreams: impl IntoIterator<Item = Upstream>, redis: Probe<RedisHealth>) -> Probes {
    let client = awc::Client::builder().disable_timeout().disable_redirects().finish();
    let reports: Vec<Probe<Option<Health>>> = upstreams
        .into_iter()
        .map(|upstream| {
            let client = client.clone();
            Probe::new(None, move || {
                let report = tokio::time::timeout(REPORT_DEADLINE, report(client.clone(), upstream.clone()));
                async move { report.await.ok().flatten() }
            })
        })
        .collect();
    let services = reports
        .iter()
        .cloned()
        .map(|report| {
            Probe::new(false, move || {
                let report = report.clone();
                async move { report.ask().await.is_some_and(|health| health.status == HealthStatus::Healthy) }
            })
        })
        .collect();
    let reports = Rc::new(reports);
    Probes { database: database(Rc::clone(&reports)), redis: worst(redis, reports), services }
}

/// Returns the database state of the first service that responds. Without a response, returns the last known database
/// as disconnected.
fn database(reports: Reports) -> Probe<DatabaseHealth> {
    let unknown =
        DatabaseHealth { connected: false, host: String::new(), port: String::new(), database: String::new() };
    let last = Rc::new(RefCell::new(unknown.clone()));
    Probe::new(unknown, move || {
        let (reports, last) = (Rc::clone(&reports), Rc::clone(&last));
        async move {
            match ask(&reports).await.into_iter().next() {
                Some(health) => {
                    last.replace(health.database.clone());
                    health.database
                }
                None => DatabaseHealth { connected: false, ..last.borrow().clone() },
            }
        }
    })
}

/// Returns the worst state, because the gateway and the services may use different Redis servers.
fn worst(own: Probe<RedisHealth>, reports: Reports) -> Probe<RedisHealth> {
    Probe::new(RedisHealth::Disabled, move || {
        let (own, reports) = (own.clone(), Rc::clone(&reports));
        async move {
            let (own, reports) = join(own.ask(), ask(&reports)).await;
            let states: Vec<_> = reports.into_iter().map(|health| health.redis).chain([own]).collect();
            [RedisHealth::Unreachable, RedisHealth::Connected]
                .into_iter()
                .find(|state| states.contains(state))
                .unwrap_or(RedisHealth::Disabled)
        }
    })
}

async fn ask(reports: &[Probe<Option<Health>>]) -> Vec<Health> {
    join_all(reports.iter().map(Probe::ask)).await.into_iter().flatten().collect()
}

async fn report(client: awc::Client, upstream: Upstream) -> Option<Health> {
    let uri = upstream.at(PathAndQuery::from_static("/health/ready")).ok()?;
    let mut response = client.get(uri).send().await.ok()?;
    let body = response.body().limit(LIMIT).await.ok()?;
    serde_json::from_slice(&body).ok()
}
