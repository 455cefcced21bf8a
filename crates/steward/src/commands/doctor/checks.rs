use std::net::TcpListener;
use std::time::Duration;

use chrono::TimeDelta;
use secrecy::ExposeSecret;
use steward_domain::ports::{Clock, StoreError};
use steward_persistence::Database;
use steward_web::service::ServiceId;

use super::{Check, live};
use crate::config::Settings;
use crate::start::database::newer_schema;
use crate::system::SystemClock;
use crate::wiring::ephemeral::Ephemeral;
use crate::wiring::storage::Storage;

/// Largest difference between the clock and the database's: services accept each other's calls within 30 s.
const TOLERANCE: TimeDelta = TimeDelta::seconds(10);
/// Longest time in which the database must respond.
const DEADLINE: Duration = Duration::from_secs(5);

/// The keys that sign tokens. The settings' own checks estimate whether the keys can be guessed.
pub(super) fn keys(settings: &Settings) -> Check {
    let Some(keys) = &settings.signing else { return Check::Ok("not needed here".to_owned()) };
    let key = keys.current.expose_secret();
    let previous = if keys.previous.is_some() { ", and the previous key is still accepted" } else { "" };
    let signs = keys.signing_key.as_ref().map_or_else(
        || "it signs tokens (HS256)".to_owned(),
        |key| format!("STEWARD_SIGNING_KEY_FILE signs tokens ({}, kid {})", key.public().jwk().alg, key.public().id()),
    );
    Check::Ok(format!("SECRET_KEY has {} bytes{previous}; {signs}", key.len()))
}

/// Checks that the database is reachable, migrated, complete, and in time with this machine.
pub(super) async fn database(settings: &Settings) -> Vec<Check> {
    let storage = match Storage::connect(settings) {
        Ok(storage) => storage,
        Err(error) => return vec![Check::Fail(error.to_string())],
    };
    let (database, shown) = (&storage.database, &settings.database);
    let response = tokio::time::timeout(DEADLINE, database.ping()).await;
    if let Some(cause) = response.map_or_else(|_| Some("timed out".to_owned()), |a| a.err().map(|e| e.to_string())) {
        let cause = cause.split_whitespace().collect::<Vec<_>>().join(" ");
        return vec![Check::Fail(format!("{shown} is not reachable ({cause}): start it, or correct DATABASE_URL"))];
    }
    let mut results = vec![Check::Ok(format!("{shown} is reachable"))];
    results.extend(schema(database).await.unwrap_or_else(|error| vec![no_response(error)]));
    results.push(clock(database).await.unwrap_or_else(no_response));
    results
}

/// Defects first; without any, the migrations and the missing features.
async fn schema(database: &Database) -> Result<Vec<Check>, StoreError> {
    let mut results: Vec<_> = database.defects().await?.into_iter().map(Check::Fail).collect();
    if !results.is_empty() {
        return Ok(results);
    }
    let state = database.schema_state().await?;
    if !state.pending.is_empty() {
        // `serve` applies them by itself, so this is a warning.
        let pending = state.pending.len();
        return Ok(vec![Check::Warn(format!("{pending} migrations are pending: run `steward migrate`"))]);
    }
    results.push(newer_schema(&state).map_or_else(|| Check::Ok("migrated".to_owned()), Check::Warn));
    results.extend(database.missing_features().await?.into_iter().map(Check::Warn));
    Ok(results)
}

async fn clock(database: &Database) -> Result<Check, StoreError> {
    let Some(theirs) = database.now().await? else {
        return Ok(Check::Ok("uses this machine's clock".to_owned()));
    };
    let apart = (SystemClock.now() - theirs).abs();
    let shown = format!("{}.{:03} s", apart.num_seconds(), apart.subsec_nanos() / 1_000_000);
    Ok(if apart <= TOLERANCE {
        Check::Ok(format!("its clock and this machine's are {shown} apart"))
    } else {
        Check::Fail(format!("its clock and this machine's are {shown} apart: synchronize both by NTP"))
    })
}

#[expect(clippy::needless_pass_by_value, reason = "passed as a function to `unwrap_or_else`")]
fn no_response(error: StoreError) -> Check {
    Check::Fail(format!("did not respond: {error}"))
}

/// Checks that Redis is reachable.
pub(super) async fn redis(settings: &Settings) -> Check {
    match Ephemeral::new(settings.redis_url.as_ref()).ping().await {
        Some(Ok(())) => Check::Ok("is reachable".to_owned()),
        None => Check::Ok("none (REDIS_URL is not set): each process keeps short-lived state in memory".to_owned()),
        Some(Err(cause)) => Check::Fail(format!("is not usable ({cause}): start it, or correct or remove REDIS_URL")),
    }
}

/// Checks that a service can listen at its address, or already does.
pub(super) fn port(settings: &Settings, service: ServiceId) -> Check {
    let address = settings.addresses[&service];
    match TcpListener::bind(address) {
        Ok(_) => Check::Ok(format!("{address} is free for {service}")),
        Err(_) if live::responds(address, "/health/live") => {
            Check::Ok(format!("{service} already listens at {address}"))
        }
        Err(error) => Check::Fail(format!(
            "cannot listen at {address} ({error}): stop the process that listens there, or give {service} another address"
        )),
    }
}
