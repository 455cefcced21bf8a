//! Metrics of this process besides those of requests.

use std::sync::Arc;

use steward_auth_service::{AuthService, DeliveryFigures};
use steward_console::Console;
use steward_domain::ports::Clock;
use steward_ephemeral::RedisState;
use steward_persistence::Database;
use steward_web::Metrics;

use super::ephemeral::Ephemeral;
use crate::system::SystemClock;

type Registered = Result<(), prometheus::Error>;

pub(super) fn database(metrics: &Metrics, database: &Database) -> Registered {
    let gauge = |name: &str, help: &str, read: fn(&Database) -> u32| {
        let database = database.clone();
        metrics.gauge(name, help, move || f64::from(read(&database)))
    };
    gauge("steward_db_connections_open", "Open connections to the database", |db| db.pool_state().open)?;
    gauge("steward_db_connections_in_use", "Connections to the database in use", |db| db.pool_state().in_use())?;
    gauge("steward_db_connections_max", "Maximum number of connections to the database", |db| db.pool_state().max)
}

pub(super) fn hashing(metrics: &Metrics, service: &Arc<AuthService>) -> Registered {
    let gauge = |name: &str, help: &str, read: fn(&AuthService) -> usize| {
        let service = Arc::clone(service);
        // Queues are short, so that every number fits a float.
        metrics.gauge(name, help, move || u32::try_from(read(&service)).map_or(f64::INFINITY, f64::from))
    };
    gauge("steward_hash_queue_waiting", "Passwords waiting to be hashed", |s| s.hashing_stats().waiting)?;
    gauge("steward_hash_queue_capacity", "Maximum number of queued passwords", |s| s.hashing_stats().capacity)?;
    gauge("steward_hash_threads_busy", "Passwords being hashed", |s| s.hashing_stats().running)?;
    gauge("steward_hash_threads", "Maximum number of passwords hashed concurrently", |s| s.hashing_stats().threads)
}

pub(super) fn mail(metrics: &Metrics, figures: &Arc<DeliveryFigures>) -> Registered {
    let gauge = |name: &str, help: &str, read: fn(&DeliveryFigures) -> u64| {
        let figures = Arc::clone(figures);
        metrics.gauge(name, help, move || u32::try_from(read(&figures)).map_or(f64::INFINITY, f64::from))
    };
    let counter = |name: &str, help: &str, read: fn(&DeliveryFigures) -> u64| {
        let figures = Arc::clone(figures);
        metrics.counter(name, help, move || read(&figures))
    };
    gauge("steward_mail_queued", "Mails to send, counted up to 10,000", DeliveryFigures::queued)?;
    gauge("steward_mail_oldest_age_seconds", "Age of the oldest mail to send", |figures| {
        figures.oldest_age(SystemClock.now())
    })?;
    counter("steward_mail_sent_total", "Mails that a mail server accepted", DeliveryFigures::sent)?;
    counter("steward_mail_failed_total", "Mails that were given up", DeliveryFigures::failed)
}

pub(super) fn console(metrics: &Metrics, console: &Arc<Console>) -> Registered {
    let console = Arc::clone(console);
    metrics.gauge("steward_console_event_streams", "Open event streams of the console", move || {
        u32::try_from(console.open_streams()).map_or(f64::INFINITY, f64::from)
    })
}

pub(super) fn redis(metrics: &Metrics, ephemeral: &Ephemeral) -> Registered {
    let Some(redis) = ephemeral.redis() else { return Ok(()) };
    let state = Arc::clone(redis);
    metrics.gauge(
        "steward_redis_up",
        "Whether the last call to Redis succeeded (1) or process memory replaced it (0)",
        move || f64::from(u8::from(state.state() == RedisState::Connected)),
    )?;
    let stood_in = Arc::clone(redis);
    metrics.counter("steward_redis_stood_in_total", "Calls that used process memory instead of Redis", move || {
        stood_in.stood_in()
    })
}
