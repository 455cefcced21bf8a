//! Sign-in, sessions, credentials. Only this crate holds the signing key, password hashes and sessions.
//!
//! - Use cases for clients, one per file: [`login`], [`register`], [`logout`], [`change_password`],
//!   [`password_strength`], [`timeline`] (an account's events), [`sign_ins`] (the attempts of all users), [`profile`],
//!   [`avatar`] (the picture of a profile).
//! - Use cases that send or use the links of mails: [`forgot_password`], [`reset_forgotten_password`], [`verify_email`],
//!   [`change_email`], [`accept_invitation`]. [`mails`]: which mails are sent; [`deliver_mail`]: sends them.
//! - Use cases for other services: [`authenticate`], [`reset_password`], [`send_password_link`], [`create_user`] and
//!   [`invite`].
//! - [`delete_account`]: deletes the own account, restores it, and erases it after a grace. [`export_account`]:
//!   exports everything that is stored about the user.
//! - Use cases for the command line and for scheduled tasks: [`create_admin`], [`sample_data`] and `purge`.
//! - [`sessions`]: lists and ends sessions; [`refresh`]: extends them; [`last_seen`]: records their last use.
//! - [`current_password`]: compares the password of the signed-in user before a change.
//! - [`attempts`]: counts and limits password attempts; [`device_token`]: exempts the owner's devices from the locks of
//!   others; [`unlock`]: resets the failed attempts.
//! - [`tokens`]: signs and verifies access tokens; [`refresh_token`]: refresh tokens; [`link_token`]: the tokens of links
//!   in mails.
//! - [`derived_keys`]: keys for other purposes, derived from the secret that signs tokens.
//! - [`hashing`]: bcrypt on threads of its own. `thread_pool`: such threads, and the limit of their queue.
//! - [`http`]: the HTTP endpoints, and the [`description()`] of the whole interface.

#![deny(missing_docs)]

pub mod accept_invitation;
pub mod attempts;
pub mod authenticate;
pub mod avatar;
pub mod change_email;
pub mod change_password;
pub mod create_admin;
pub mod create_user;
pub mod current_password;
pub mod delete_account;
pub mod deliver_mail;
pub mod derived_keys;
pub mod device_token;
pub mod export_account;
pub mod forgot_password;
pub mod hashing;
pub mod http;
pub mod invite;
pub mod last_seen;
pub mod link_token;
pub mod login;
pub mod logout;
pub mod mails;
pub mod password_strength;
pub mod profile;
mod purge;
mod read_error;
pub mod refresh;
pub mod refresh_token;
pub mod register;
mod rehash;
pub mod reset_forgotten_password;
pub mod reset_password;
pub mod sample_data;
pub mod send_password_link;
pub mod sessions;
pub mod sign_ins;
mod thread_pool;
pub mod timeline;
pub mod tokens;
pub mod unlock;
pub mod verify_email;

use std::sync::Arc;

use chrono::TimeDelta;
use steward_contracts::bodies::JsonWebKeySet;
use steward_domain::ports::{
    AccountExports, Accounts, Clock, Deletions, IdGenerator, Invitations, Links, LoginAttempts, Outbox, Profiles,
    Sessions, SignIns, Users,
};
use steward_domain::{LockoutRules, PasswordPolicy, ReservedIds};

use attempts::InFlightAttempts;
use avatar::PictureDecoder;
pub use deliver_mail::{DeliveryFigures, MailDelivery};
pub use derived_keys::DerivedKeys;
pub use hashing::{Cost, Hasher, HashingSettings};
pub use http::{ID, description, tasks};
use last_seen::LastSeen;
pub use mails::MailSettings;
pub use read_error::ReadError;
pub use thread_pool::{Overloaded, PoolStats};
pub use tokens::{InvalidKey, PublicKey, SigningKey, TokenKeys, Tokens};

/// The auth service: one per process, shared by its workers.
pub struct AuthService {
    accounts: Arc<dyn Accounts>,
    account_exports: Arc<dyn AccountExports>,
    deletions: Arc<dyn Deletions>,
    sessions: Arc<dyn Sessions>,
    login_attempts: Arc<dyn LoginAttempts>,
    sign_ins: Arc<dyn SignIns>,
    invitations: Arc<dyn Invitations>,
    links: Arc<dyn Links>,
    users: Arc<dyn Users>,
    profiles: Arc<dyn Profiles>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    hasher: Arc<Hasher>,
    pictures: PictureDecoder,
    tokens: Tokens,
    token_ttl: TimeDelta,
    session_settings: SessionSettings,
    derived_keys: DerivedKeys,
    last_seen: LastSeen,
    password_policy: PasswordPolicy,
    lockout: LockoutRules,
    in_flight: InFlightAttempts,
    sign_in_retention: TimeDelta,
    reserved_ids: ReservedIds,
    mail: Option<MailSettings>,
    outbox: Arc<dyn Outbox>,
    delivery: Option<MailDelivery>,
    requires_verified_email: bool,
    allows_name_change: bool,
}

/// The ports that the auth service uses.
#[derive(Clone)]
pub struct AuthPorts {
    /// Accounts and password hashes.
    pub accounts: Arc<dyn Accounts>,
    /// Exports of the data about users.
    pub account_exports: Arc<dyn AccountExports>,
    /// Deletions of accounts by their users.
    pub deletions: Arc<dyn Deletions>,
    /// Sessions.
    pub sessions: Arc<dyn Sessions>,
    /// Failed sign-in attempts and locks.
    pub login_attempts: Arc<dyn LoginAttempts>,
    /// Sign-in attempts and other events of accounts.
    pub sign_ins: Arc<dyn SignIns>,
    /// Invitations.
    pub invitations: Arc<dyn Invitations>,
    /// Links in mails.
    pub links: Arc<dyn Links>,
    /// The mails to send.
    pub outbox: Arc<dyn Outbox>,
    /// Sends mails; `None` if another process does, or if the deployment sends none.
    pub delivery: Option<MailDelivery>,
    /// Users.
    pub users: Arc<dyn Users>,
    /// Profiles and pictures.
    pub profiles: Arc<dyn Profiles>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Generates ids, tokens and temporary passwords.
    pub ids: Arc<dyn IdGenerator>,
}

/// Settings of the auth service.
#[derive(Debug, Clone)]
pub struct AuthSettings {
    /// The keys that sign and verify access tokens.
    pub keys: TokenKeys,
    /// Validity of an access token; it never exceeds that of its session.
    pub token_ttl: TimeDelta,
    /// Validity of sessions.
    pub sessions: SessionSettings,
    /// The cost of a hash and the size of the thread pool.
    pub hashing: HashingSettings,
    /// Requirements for new passwords.
    pub password_policy: PasswordPolicy,
    /// Limits for failed sign-in attempts.
    pub lockout: LockoutRules,
    /// Retention of sign-in attempts.
    pub sign_in_retention: TimeDelta,
    /// User ids that users cannot register.
    pub reserved_ids: ReservedIds,
    /// Settings of mails; `None` if the deployment sends none. Then a forgotten password can only be reset by an
    /// administrator, a user cannot change the own address, and an administrator cannot invite.
    pub mail: Option<MailSettings>,
    /// Whether a sign-in requires a confirmed address.
    pub requires_verified_email: bool,
    /// Whether users may change their own name.
    pub allows_name_change: bool,
}

/// Validity of sessions.
#[derive(Debug, Clone, Copy)]
pub struct SessionSettings {
    /// Maximum validity since the sign-in, regardless of refreshes.
    pub absolute: TimeDelta,
    /// Maximum validity since the sign-in or the last refresh.
    pub idle: TimeDelta,
    /// Time after its first use in which a refresh token is accepted again, for a client that lost the response.
    pub grace: TimeDelta,
}

impl Default for SessionSettings {
    /// 30 days, 7 days, 10 seconds.
    fn default() -> Self {
        Self { absolute: TimeDelta::days(30), idle: TimeDelta::days(7), grace: TimeDelta::seconds(10) }
    }
}

impl AuthService {
    /// Creates a service on these ports.
    pub fn new(settings: &AuthSettings, ports: AuthPorts) -> Self {
        Self {
            accounts: ports.accounts,
            account_exports: ports.account_exports,
            deletions: ports.deletions,
            sessions: ports.sessions,
            login_attempts: ports.login_attempts,
            sign_ins: ports.sign_ins,
            invitations: ports.invitations,
            links: ports.links,
            users: ports.users,
            profiles: ports.profiles,
            clock: ports.clock,
            ids: ports.ids,
            hasher: Arc::new(Hasher::new(&settings.hashing)),
            pictures: PictureDecoder::new(),
            tokens: Tokens::new(&settings.keys),
            token_ttl: settings.token_ttl,
            session_settings: settings.sessions,
            derived_keys: DerivedKeys::new(&settings.keys.current, settings.keys.previous.as_ref()),
            last_seen: LastSeen::default(),
            password_policy: settings.password_policy,
            lockout: settings.lockout,
            in_flight: InFlightAttempts::new(settings.lockout.source.limit),
            sign_in_retention: settings.sign_in_retention,
            reserved_ids: settings.reserved_ids.clone(),
            mail: settings.mail.clone(),
            outbox: ports.outbox,
            delivery: ports.delivery,
            requires_verified_email: settings.requires_verified_email,
            allows_name_change: settings.allows_name_change,
        }
    }

    /// Returns the public keys that verify access tokens.
    pub fn published_keys(&self) -> JsonWebKeySet {
        self.tokens.published()
    }

    /// Returns the load of the hashing threads, for the metrics.
    pub fn hashing_stats(&self) -> PoolStats {
        self.hasher.stats()
    }
}

#[cfg(test)]
mod testing;
