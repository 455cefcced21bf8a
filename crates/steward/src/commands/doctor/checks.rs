use std::net::TcpListener;
use std::time::Duration;

use chrono::TimeDelta;
use secrecy::ExposeSecret;
use steward_domain::ports::{Clock, StoreError};
use steward_persistence::Database;

use super::{Check, live};
use crate::cli::Service;
use crate::config::Settings;
use crate::start::database::newer;
use crate::system::SystemClock;
use crate::wiring::ephemeral::Ephemeral;
use crate::wiring::storage::Storage;

/// How far the clock may be from the database's: services accept each other's calls within 30 s.
const TOLERANCE: TimeDelta = TimeDelta::seconds(10);
/// How long the database may take to answer.
const DEADLINE: Duration = Duration::from_secs(5);

/// What signs tokens. Whether the keys could be guessed is one of the settings' checks.
pub(super) fn keys(settings: &Settings) -> Check {
    let Some(keys) = &settings.signing else { return Check::Ok("not needed here".to_owned()) };
    let key = keys.current.expose_secret();
    let previous = if keys.previous.is_some() { ", and the one before it is still accepted" } else { "" };
    let signs = keys.signing_key.as_ref().map_or_else(
        || "it signs tokens (HS256)".to_owned(),
        |key| format!("STEWARD_SIGNING_KEY_FILE signs tokens ({}, kid {})", key.public().jwk().alg, key.public().id()),
    );
    Check::Ok(format!("SECRET_KEY has {} bytes{previous}; {signs}", key.len()))
}

/// Whether the database is there, migrated, able to do what we ask, and of our time.
pub(super) async fn database(settings: &Settings) -> Vec<Check> {
    let storage = match Storage::connect(settings) {
        Ok(storage) => storage,
        Err(wrong) => return vec![Check::Fail(wrong.to_string())],
    };
    let (database, shown) = (&storage.database, settings.database.shown());
    let answer = tokio::time::timeout(DEADLINE, database.ping()).await;
    if let Some(cause) = answer.map_or_else(|_| Some("no answer".to_owned()), |a| a.err().map(|e| e.to_string())) {
        let cause = cause.split_whitespace().collect::<Vec<_>>().join(" ");
        return vec![Check::Fail(format!("{shown} is not reachable ({cause}): start it, or put DATABASE_URL right"))];
    }
    let mut findings = vec![Check::Ok(format!("{shown} is reachable"))];
    findings.extend(schema(database).await.unwrap_or_else(|error| vec![silent(error)]));
    findings.push(clock(database).await.unwrap_or_else(silent));
    findings
}

/// What does not work at all, then the migrations, then what works badly.
async fn schema(database: &Database) -> Result<Vec<Check>, StoreError> {
    let mut findings: Vec<_> = database.defects().await?.into_iter().map(Check::Fail).collect();
    if !findings.is_empty() {
        return Ok(findings);
    }
    let state = database.schema_state().await?;
    if !state.pending.is_empty() {
        // `serve` applies them by itself.
        let pending = state.pending.len();
        return Ok(vec![Check::Warn(format!("{pending} migrations are pending: run `steward migrate`"))]);
    }
    findings.push(newer(&state).map_or_else(|| Check::Ok("migrated".to_owned()), Check::Warn));
    findings.extend(database.missing_features().await?.into_iter().map(Check::Warn));
    Ok(findings)
}

async fn clock(database: &Database) -> Result<Check, StoreError> {
    let Some(theirs) = database.now().await? else {
        return Ok(Check::Ok("goes by this machine's clock".to_owned()));
    };
    let apart = (SystemClock.now() - theirs).abs();
    let shown = format!("{}.{:03} s", apart.num_seconds(), apart.subsec_nanos() / 1_000_000);
    Ok(if apart <= TOLERANCE {
        Check::Ok(format!("its clock and this machine's are {shown} apart"))
    } else {
        Check::Fail(format!("its clock and this machine's are {shown} apart: have both keep time by NTP"))
    })
}

#[expect(clippy::needless_pass_by_value, reason = "called with what a check failed with")]
fn silent(error: StoreError) -> Check {
    Check::Fail(format!("gave no answer: {error}"))
}

/// Whether Redis is there.
pub(super) async fn redis(settings: &Settings) -> Check {
    match Ephemeral::connect(settings.redis_url.as_ref()) {
        Err(wrong) => Check::Fail(wrong.to_string()),
        Ok(ephemeral) => match ephemeral.ping().await {
            Some(Ok(())) => Check::Ok("is reachable".to_owned()),
            None => Check::Ok("none (REDIS_URL is not set): each process keeps short-lived state itself".to_owned()),
            Some(Err(cause)) => {
                Check::Fail(format!("is not usable ({cause}): start it, put REDIS_URL right, or leave it out"))
            }
        },
    }
}

/// Whether a service can listen, or does already.
pub(super) fn port(settings: &Settings, service: Service) -> Check {
    let address = settings.addresses.of(service);
    match TcpListener::bind(address) {
        Ok(_) => Check::Ok(format!("{address} is free for {}", service.name())),
        Err(_) if live::answers(address, "/health/live") => {
            Check::Ok(format!("{address} is where {} runs", service.name()))
        }
        Err(error) => Check::Fail(format!(
            "{address} cannot be listened at ({error}): stop what listens there, or give {} another address",
            service.name()
        )),
    }
}
