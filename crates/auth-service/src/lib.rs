//! Sign-in, sessions, credentials. The only holder of the signing key, of password hashes and of sessions.
//!
//! - Use cases, one per file: [`login`], [`register`], [`logout`], [`authenticate`] and [`reset_password`] (what other
//!   services ask), [`create_admin`], [`sample_data`] and [`purge_sessions`] (what the command line and the clock ask).
//! - [`tokens`]: signing and checking bearer tokens.
//! - [`hashing`]: bcrypt on threads of its own.
//! - [`http`]: the HTTP face, `/api/auth/*` and `/internal/*`.

#![deny(missing_docs)]

pub mod authenticate;
pub mod create_admin;
pub mod hashing;
pub mod http;
pub mod login;
pub mod logout;
pub mod purge_sessions;
pub mod register;
mod rehash;
pub mod reset_password;
pub mod sample_data;
pub mod tokens;

use std::io;
use std::sync::Arc;

use chrono::TimeDelta;
use steward_domain::ports::{Accounts, Clock, IdGenerator, Sessions};

pub use hashing::{Cost, Hasher, HashingSettings, HashingStats};
pub use tokens::{TokenKeys, Tokens};

/// The auth service: one per process, shared by its workers.
pub struct AuthService {
    accounts: Arc<dyn Accounts>,
    sessions: Arc<dyn Sessions>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    hasher: Arc<Hasher>,
    tokens: Tokens,
    token_ttl: TimeDelta,
}

/// What the auth service needs of the outside.
#[derive(Clone)]
pub struct AuthPorts {
    /// Accounts and password hashes.
    pub accounts: Arc<dyn Accounts>,
    /// Sessions.
    pub sessions: Arc<dyn Sessions>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids and temporary passwords.
    pub ids: Arc<dyn IdGenerator>,
}

/// How the auth service is set up.
#[derive(Debug, Clone)]
pub struct AuthSettings {
    /// What tokens are signed and checked with.
    pub keys: TokenKeys,
    /// How long a token, and the session it belongs to, is good for.
    pub token_ttl: TimeDelta,
    /// The cost of a hash, and how many are made at once.
    pub hashing: HashingSettings,
}

impl AuthService {
    /// A service on these ports. Fails if the hashing threads cannot be started.
    pub fn new(settings: &AuthSettings, ports: AuthPorts) -> io::Result<Self> {
        Ok(Self {
            accounts: ports.accounts,
            sessions: ports.sessions,
            clock: ports.clock,
            ids: ports.ids,
            hasher: Arc::new(Hasher::start(&settings.hashing)?),
            tokens: Tokens::new(&settings.keys),
            token_ttl: settings.token_ttl,
        })
    }

    /// How busy the hashing threads are, for the metrics.
    pub fn hashing_stats(&self) -> HashingStats {
        self.hasher.stats()
    }
}

#[cfg(test)]
mod testing;
