//! What this process counts besides requests.

use std::sync::Arc;

use steward_auth_service::AuthService;
use steward_console::Console;
use steward_ephemeral::RedisState;
use steward_persistence::Database;
use steward_web::Metrics;

use super::ephemeral::Ephemeral;

type Registered = Result<(), prometheus::Error>;

pub(super) fn database(metrics: &Metrics, database: &Database) -> Registered {
    let gauge = |name: &str, help: &str, read: fn(&Database) -> u32| {
        let database = database.clone();
        metrics.gauge(name, help, move || f64::from(read(&database)))
    };
    gauge("steward_db_connections_open", "Connections to the database that are open", |db| db.pool_state().open)?;
    gauge("steward_db_connections_in_use", "Connections to the database that somebody uses", |db| {
        db.pool_state().in_use()
    })?;
    gauge("steward_db_connections_max", "Most connections to the database", |db| db.pool_state().max)
}

pub(super) fn hashing(metrics: &Metrics, service: &Arc<AuthService>) -> Registered {
    let gauge = |name: &str, help: &str, read: fn(&AuthService) -> usize| {
        let service = Arc::clone(service);
        // Queues are short: no number here comes near what a float cannot hold.
        metrics.gauge(name, help, move || u32::try_from(read(&service)).map_or(f64::INFINITY, f64::from))
    };
    gauge("steward_hash_queue_waiting", "Passwords that wait to be hashed", |s| s.hashing_stats().waiting)?;
    gauge("steward_hash_queue_capacity", "Passwords that may wait to be hashed", |s| s.hashing_stats().capacity)?;
    gauge("steward_hash_threads_busy", "Passwords that are being hashed", |s| s.hashing_stats().running)?;
    gauge("steward_hash_threads", "Passwords that can be hashed at once", |s| s.hashing_stats().threads)
}

pub(super) fn console(metrics: &Metrics, console: &Arc<Console>) -> Registered {
    let console = Arc::clone(console);
    metrics.gauge("steward_console_event_streams", "Event streams of the console that are open", move || {
        u32::try_from(console.open_streams()).map_or(f64::INFINITY, f64::from)
    })
}

pub(super) fn redis(metrics: &Metrics, ephemeral: &Ephemeral) -> Registered {
    let Some(redis) = ephemeral.redis() else { return Ok(()) };
    let state = Arc::clone(redis);
    metrics.gauge(
        "steward_redis_up",
        "Whether Redis answered last time (1) or process memory stands in for it (0)",
        move || f64::from(u8::from(state.state() == RedisState::Connected)),
    )?;
    let stood_in = Arc::clone(redis);
    metrics.counter("steward_redis_stood_in_total", "Calls in which process memory stood in for Redis", move || {
        stood_in.stood_in()
    })
}
