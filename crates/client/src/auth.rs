//! `/api/auth`

use reqwest::Method;
use steward_contracts::bodies::{
    AcceptInvitationRequest, ChangePasswordRequest, EndedSessions, LoginRequest, LoginResponse, LogoutAllRequest,
    OwnSessions, PasswordStrengthRequest, PasswordStrengthResponse, RefreshRequest, RegisterRequest, Timeline,
    UserBody,
};

use crate::client::{call, call_with, call_without_answer};
use crate::lists::timeline_query;
use crate::{Client, Error};

impl Client {
    /// Signs in. Pass the response's `access_token` to [`Client::with_token`].
    pub async fn login(&self, user_id: &str, password: &str) -> Result<LoginResponse, Error> {
        self.login_from(user_id, password, None).await
    }

    /// Signs in from a device that an earlier sign-in of this user returned a `device_token` for. Failed sign-ins from
    /// other devices do not lock it out.
    pub async fn login_from(
        &self,
        user_id: &str,
        password: &str,
        device_token: Option<&str>,
    ) -> Result<LoginResponse, Error> {
        self.login_with(&LoginRequest {
            user_id: user_id.to_owned(),
            password: password.to_owned(),
            device_token: device_token.map(str::to_owned),
            restore: false,
        })
        .await
    }

    /// Signs in. With `restore` it first restores an account that its user deleted. Without it, a sign-in to such an
    /// account fails with the problem `account-deletion-pending`, whose `purge_at` is the time of the erasure.
    pub async fn login_with(&self, body: &LoginRequest) -> Result<LoginResponse, Error> {
        call_with(self.request(Method::POST, &["api", "auth", "login"]), body).await
    }

    /// Creates an account with the role `user`.
    pub async fn register(&self, body: &RegisterRequest) -> Result<UserBody, Error> {
        call_with(self.request(Method::POST, &["api", "auth", "register"]), body).await
    }

    /// Creates the account that the link of an invitation permits.
    pub async fn accept_invitation(&self, body: &AcceptInvitationRequest) -> Result<UserBody, Error> {
        call_with(self.request(Method::POST, &["api", "auth", "accept-invitation"]), body).await
    }

    /// Returns the user that the token belongs to.
    pub async fn me(&self) -> Result<UserBody, Error> {
        call(self.request(Method::GET, &["api", "auth", "me"])).await
    }

    /// Changes the caller's own password and ends their other sessions. The token stays valid.
    pub async fn change_password(&self, current_password: &str, new_password: &str) -> Result<(), Error> {
        let body = ChangePasswordRequest {
            current_password: current_password.to_owned(),
            new_password: new_password.to_owned(),
        };
        call_without_answer(self.request(Method::POST, &["api", "auth", "change-password"]).json(&body)).await
    }

    /// Rates a password before it is set.
    pub async fn password_strength(&self, body: &PasswordStrengthRequest) -> Result<PasswordStrengthResponse, Error> {
        call_with(self.request(Method::POST, &["api", "auth", "password-strength"]), body).await
    }

    /// Returns one page of the events of the caller's account, newest first. `page_size` is 1 to 100; `cursor` is the
    /// `next_cursor` of the previous page.
    pub async fn own_activity(&self, page_size: Option<u32>, cursor: Option<&str>) -> Result<Timeline, Error> {
        let path = ["api", "auth", "activity"];
        call(self.request_with(Method::GET, &path, &timeline_query(page_size, cursor))).await
    }

    /// Exchanges a refresh token for new tokens. It is valid once: store the response's `refresh_token` in its place.
    pub async fn refresh(&self, refresh_token: &str) -> Result<LoginResponse, Error> {
        let body = RefreshRequest { refresh_token: refresh_token.to_owned() };
        call_with(self.request(Method::POST, &["api", "auth", "refresh"]), &body).await
    }

    /// Returns the caller's active sessions, newest first.
    pub async fn own_sessions(&self) -> Result<OwnSessions, Error> {
        call(self.request(Method::GET, &["api", "auth", "sessions"])).await
    }

    /// Ends one of the caller's sessions.
    pub async fn end_own_session(&self, session_id: &str) -> Result<(), Error> {
        call_without_answer(self.request(Method::DELETE, &["api", "auth", "sessions", session_id])).await
    }

    /// Ends every session of the caller; with `keep_current`, all but the session of the token.
    pub async fn logout_all(&self, keep_current: bool) -> Result<EndedSessions, Error> {
        let body = LogoutAllRequest { keep_current };
        call_with(self.request(Method::POST, &["api", "auth", "logout-all"]), &body).await
    }

    /// Ends the session that the token belongs to.
    pub async fn logout(&self) -> Result<(), Error> {
        call_without_answer(self.request(Method::POST, &["api", "auth", "logout"])).await
    }
}
