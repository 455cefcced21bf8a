//! `/health`, and what a gateway knows of services that run elsewhere.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use actix_web::http::uri::PathAndQuery;
use actix_web::{HttpResponse, get, web};
use futures_util::future::{join, join_all};
use steward_contracts::bodies::{DatabaseHealth, Health, HealthStatus, RedisHealth};
use steward_web::health::{Probe, Probes, respond};
use steward_web::responses::Unlimited;
use steward_web::{Endpoints, Metrics};

use crate::Upstream;

/// What each service says of itself; nothing where it does not answer.
type Reports = Rc<Vec<Probe<Option<Health>>>>;

/// How long a service may take to report; less than a probe has, so that what the others say is still told.
const REPORT_DEADLINE: Duration = Duration::from_millis(750);
/// Largest answer that is read, in bytes.
const LIMIT: usize = 16 * 1024;

/// Mounts `/health`, and what every process serves: `/health/live`, `/health/ready`, `/metrics`.
pub fn routes(probes: Probes, metrics: Metrics) -> impl FnOnce(&mut web::ServiceConfig) {
    |config| {
        config.configure(steward_web::health::routes(probes, metrics)).service(get_health);
    }
}

/// The endpoints of [`routes`] with nothing behind them: for the description of the API.
pub fn register_openapi(config: &mut impl Endpoints) {
    steward_web::health::register_openapi(config);
    config.endpoint(get_health);
}

/// Tells how the API and what it stands on are.
#[utoipa::path(
    tag = "health",
    summary = "How is everything?",
    description = "Reports on the API, the database and Redis: for people and dashboards.",
    responses(
        Unlimited,
        (status = 200, description = "Requests can be served", body = Health),
        (status = 503, description = "The database, or a service behind the gateway, is away", body = Health)
    )
)]
#[get("/health")]
async fn get_health(probes: web::Data<Probes>) -> HttpResponse {
    respond(&probes.ask().await)
}

/// The probes of a gateway whose services run elsewhere. Of the database it knows what they say of theirs; `redis` is
/// its own, which it counts in.
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

/// As the first who answers says; when nobody does, the database that was last heard of, not connected.
fn database(reports: Reports) -> Probe<DatabaseHealth> {
    let nowhere =
        DatabaseHealth { connected: false, host: String::new(), port: String::new(), database: String::new() };
    let last = Rc::new(RefCell::new(nowhere.clone()));
    Probe::new(nowhere, move || {
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

/// As the one who is worst off says: limits are counted here, and other things there.
fn worst(own: Probe<RedisHealth>, reports: Reports) -> Probe<RedisHealth> {
    Probe::new(RedisHealth::Disabled, move || {
        let (own, reports) = (own.clone(), Rc::clone(&reports));
        async move {
            let (own, reports) = join(own.ask(), ask(&reports)).await;
            let answers: Vec<_> = reports.into_iter().map(|health| health.redis).chain([own]).collect();
            [RedisHealth::Unreachable, RedisHealth::Connected]
                .into_iter()
                .find(|state| answers.contains(state))
                .unwrap_or(RedisHealth::Disabled)
        }
    })
}

async fn ask(reports: &[Probe<Option<Health>>]) -> Vec<Health> {
    join_all(reports.iter().map(Probe::ask)).await.into_iter().flatten().collect()
}

async fn report(client: awc::Client, upstream: Upstream) -> Option<Health> {
    let uri = upstream.at(PathAndQuery::from_static("/health/ready")).ok()?;
    let mut answer = client.get(uri).send().await.ok()?;
    let body = answer.body().limit(LIMIT).await.ok()?;
    serde_json::from_slice(&body).ok()
}
