use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use steward_contracts::bodies::{LoginResponse, UserRole};

/// Seconds before its end in which a token is exchanged: a call that is under way should still find it good.
const AHEAD: i64 = 30;

/// Who is signed in, and with which tokens: what the session cookie holds.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) user_id: String,
    pub(crate) user_name: String,
    pub(crate) role: UserRole,
    pub(crate) must_change_password: bool,
    /// What each form has to send back.
    pub(crate) csrf: String,
    pub(crate) access_token: String,
    /// Unix seconds.
    access_expires: i64,
    pub(super) refresh_token: String,
}

impl Session {
    /// The same session with the next tokens. Forms that are open stay good.
    pub(super) fn renewed(self, answer: LoginResponse, now: DateTime<Utc>) -> Self {
        Self::of(answer, now, self.csrf)
    }

    /// The session that a sign-in opened, whose forms have this token.
    pub(crate) fn of(answer: LoginResponse, now: DateTime<Utc>, csrf: String) -> Self {
        let lifetime = i64::try_from(answer.expires_in).unwrap_or(i64::MAX);
        Self {
            user_id: answer.user_id,
            user_name: answer.user_name,
            role: answer.role,
            must_change_password: answer.must_change_password,
            csrf,
            access_token: answer.access_token,
            access_expires: now.timestamp().saturating_add(lifetime),
            refresh_token: answer.refresh_token,
        }
    }

    /// Whether the access token is over, or about to be.
    pub(crate) fn needs_refresh(&self, now: DateTime<Utc>) -> bool {
        now.timestamp().saturating_add(AHEAD) >= self.access_expires
    }

    pub(crate) fn is_administrator(&self) -> bool {
        self.role != UserRole::User
    }
}
