//! Sign-in, sessions, credentials. The only holder of the signing key, of password hashes and of sessions.
//!
//! - Use cases, one per file: [`login`], [`register`], [`logout`], [`change_password`], [`password_strength`],
//!   [`authenticate`] and [`reset_password`] (what other services ask), [`create_admin`], [`sample_data`] and
//!   `purge` (what the command line and the clock ask).
//! - [`sessions`]: what people do about sessions; [`refresh`]: what keeps them going; [`last_seen`]: when they were used.
//! - [`guessing`]: what a guess at a password has to pass first; [`device_token`]: what keeps strangers out of the
//!   owner's way; [`unlock`]; [`timeline`]: what happened to an account.
//! - [`tokens`]: signing and checking bearer tokens; [`refresh_token`]: the other kind.
//! - [`derived_keys`]: keys for other purposes, derived from the secret that signs tokens.
//! - [`hashing`]: bcrypt on threads of its own.
//! - [`http`]: the HTTP face, `/api/auth/*` and `/internal/*`.

#![deny(missing_docs)]

pub mod authenticate;
pub mod change_password;
pub mod create_admin;
pub mod derived_keys;
pub mod device_token;
pub mod guessing;
pub mod hashing;
pub mod http;
pub mod last_seen;
pub mod login;
pub mod logout;
pub mod password_strength;
mod purge;
mod read_error;
pub mod refresh;
pub mod refresh_token;
pub mod register;
mod rehash;
pub mod reset_password;
pub mod sample_data;
pub mod sessions;
pub mod timeline;
pub mod tokens;
pub mod unlock;

use std::io;
use std::sync::Arc;

use chrono::TimeDelta;
use steward_contracts::bodies::JsonWebKeySet;
use steward_domain::ports::{Accounts, Clock, IdGenerator, LoginAttempts, Sessions, SignIns};
use steward_domain::{LockoutRules, PasswordPolicy, ReservedIds};

pub use derived_keys::DerivedKeys;
use guessing::InFlight;
pub use hashing::{Cost, Hasher, HashingSettings, HashingStats};
use last_seen::LastSeen;
pub use read_error::ReadError;
pub use tokens::{InvalidKey, PublicKey, SigningKey, TokenKeys, Tokens};

/// The auth service: one per process, shared by its workers.
pub struct AuthService {
    accounts: Arc<dyn Accounts>,
    sessions: Arc<dyn Sessions>,
    login_attempts: Arc<dyn LoginAttempts>,
    sign_ins: Arc<dyn SignIns>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    hasher: Arc<Hasher>,
    tokens: Tokens,
    token_ttl: TimeDelta,
    session_settings: SessionSettings,
    derived_keys: DerivedKeys,
    last_seen: LastSeen,
    password_policy: PasswordPolicy,
    lockout: LockoutRules,
    in_flight: InFlight,
    sign_in_retention: TimeDelta,
    reserved_ids: ReservedIds,
}

/// What the auth service needs of the outside.
#[derive(Clone)]
pub struct AuthPorts {
    /// Accounts and password hashes.
    pub accounts: Arc<dyn Accounts>,
    /// Sessions.
    pub sessions: Arc<dyn Sessions>,
    /// The failures of guessers.
    pub login_attempts: Arc<dyn LoginAttempts>,
    /// Attempts to sign in, and what else happened.
    pub sign_ins: Arc<dyn SignIns>,
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
    /// How long an access token is good for, if its session is.
    pub token_ttl: TimeDelta,
    /// How long a session is good for.
    pub sessions: SessionSettings,
    /// The cost of a hash, and how many are made at once.
    pub hashing: HashingSettings,
    /// Which passwords may be set.
    pub password_policy: PasswordPolicy,
    /// How guessing is stopped.
    pub lockout: LockoutRules,
    /// How long attempts to sign in are kept.
    pub sign_in_retention: TimeDelta,
    /// User ids that users cannot choose.
    pub reserved_ids: ReservedIds,
}

/// How long sessions are good for.
#[derive(Debug, Clone, Copy)]
pub struct SessionSettings {
    /// From the sign-in, however often it is refreshed.
    pub absolute: TimeDelta,
    /// From the sign-in or the last refresh.
    pub idle: TimeDelta,
    /// How long after its use a refresh token may be presented again, by a client that got no answer.
    pub grace: TimeDelta,
}

impl Default for SessionSettings {
    /// 30 days, 7 days, 10 seconds.
    fn default() -> Self {
        Self { absolute: TimeDelta::days(30), idle: TimeDelta::days(7), grace: TimeDelta::seconds(10) }
    }
}

impl AuthService {
    /// A service on these ports. Fails if the hashing threads cannot be started.
    pub fn new(settings: &AuthSettings, ports: AuthPorts) -> io::Result<Self> {
        Ok(Self {
            accounts: ports.accounts,
            sessions: ports.sessions,
            login_attempts: ports.login_attempts,
            sign_ins: ports.sign_ins,
            clock: ports.clock,
            ids: ports.ids,
            hasher: Arc::new(Hasher::start(&settings.hashing)?),
            tokens: Tokens::new(&settings.keys),
            token_ttl: settings.token_ttl,
            session_settings: settings.sessions,
            derived_keys: DerivedKeys::new(&settings.keys.current, settings.keys.previous.as_ref()),
            last_seen: LastSeen::default(),
            password_policy: settings.password_policy,
            lockout: settings.lockout,
            in_flight: InFlight::default(),
            sign_in_retention: settings.sign_in_retention,
            reserved_ids: settings.reserved_ids.clone(),
        })
    }

    /// The keys with which others may check tokens themselves.
    pub fn published_keys(&self) -> JsonWebKeySet {
        self.tokens.published()
    }

    /// How busy the hashing threads are, for the metrics.
    pub fn hashing_stats(&self) -> HashingStats {
        self.hasher.stats()
    }
}

#[cfg(test)]
mod testing;
