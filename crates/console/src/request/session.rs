use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use steward_contracts::bodies::{LoginResponse, UserRole};
use steward_domain::{SessionRequirement, SessionRequirements};

use crate::times::Times;

/// Seconds before its expiry at which a token is refreshed, so that it does not expire during a call.
const REFRESH_MARGIN: i64 = 30;

/// The content of the session cookie: the signed-in user and the tokens.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) user_id: String,
    pub(crate) user_name: String,
    pub(crate) role: UserRole,
    must_change_password: bool,
    /// The CSRF token of the session's forms.
    pub(crate) csrf: String,
    pub(crate) access_token: String,
    /// Unix seconds.
    access_expires: i64,
    pub(super) refresh_token: String,
    /// The time zone of the user's profile.
    #[serde(default)]
    pub(crate) time_zone: Option<String>,
    /// The hash of the user's picture.
    #[serde(default)]
    pub(crate) avatar: Option<String>,
}

impl Session {
    /// Returns the session with new tokens. Open forms stay valid.
    pub(super) fn renewed(self, response: LoginResponse, now: DateTime<Utc>) -> Self {
        Self { time_zone: self.time_zone, avatar: self.avatar, ..Self::new(response, now, self.csrf) }
    }

    /// Creates the session of a sign-in. `csrf` is the token of its forms.
    pub(crate) fn new(response: LoginResponse, now: DateTime<Utc>, csrf: String) -> Self {
        let lifetime = i64::try_from(response.expires_in).unwrap_or(i64::MAX);
        Self {
            user_id: response.user_id,
            user_name: response.user_name,
            role: response.role,
            must_change_password: response.must_change_password,
            csrf,
            access_token: response.access_token,
            access_expires: now.timestamp().saturating_add(lifetime),
            refresh_token: response.refresh_token,
            time_zone: None,
            avatar: None,
        }
    }

    /// Returns whether the access token has expired or is about to.
    pub(crate) fn needs_refresh(&self, now: DateTime<Utc>) -> bool {
        now.timestamp().saturating_add(REFRESH_MARGIN) >= self.access_expires
    }

    /// Returns the requirements that the user must still fulfil.
    pub(crate) fn requirements(&self) -> SessionRequirements {
        self.must_change_password.then_some(SessionRequirement::ChangePassword).into_iter().collect()
    }

    /// Removes a requirement that the user fulfilled. The tokens stay valid.
    pub(crate) fn fulfil(&mut self, requirement: SessionRequirement) {
        match requirement {
            SessionRequirement::ChangePassword => self.must_change_password = false,
        }
    }

    /// Returns the format of times for the user.
    pub(crate) fn times(&self) -> Times {
        Times::new(self.time_zone.as_deref())
    }

    pub(crate) fn is_administrator(&self) -> bool {
        self.role != UserRole::User
    }
}
