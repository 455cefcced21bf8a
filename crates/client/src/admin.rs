//! `/api/admin`

use reqwest::header::IF_MATCH;
use reqwest::{Method, RequestBuilder};
use steward_contracts::bodies::{
    Activity, AuditLogPage, CreateUserRequest, CreatedUserBody, EndedSessions, InvitationBody, InvitationPage,
    InvitationRequest, OutboxEntryBody, OutboxPage, Overview, PasswordDelivery, ProfileBody, ResetPasswordRequest,
    ResetPasswordResponse, SaveSegmentRequest, SegmentBody, SegmentList, SessionPage, SignInLogPage, Timeline,
    UpdateProfileRequest, UpdateUserRequest, UserAnalytics, UserBody, UserDetailsBody, UserList, UserPage,
};

use crate::client::{call, call_for_image, call_for_tag, call_with, call_without_answer};
use crate::lists::timeline_query;
use crate::{ActivityRange, AuditList, Client, Error, Image, InvitationList, OutboxList, SessionList, SignInList};

impl Client {
    /// Returns one page of users.
    pub async fn users(&self, list: &UserList) -> Result<UserPage, Error> {
        call(self.request_with(Method::GET, &["api", "admin", "users"], &list.query())).await
    }

    /// Creates a user. The answer has the generated password, unless the request has a password or invites the user.
    ///
    /// With [`Client::with_idempotency_key`] the call may be repeated.
    pub async fn create_user(&self, body: &CreateUserRequest) -> Result<CreatedUserBody, Error> {
        call_with(self.request(Method::POST, &["api", "admin", "users"]), body).await
    }

    /// Returns one user, with the details that only administrators see.
    pub async fn user(&self, user_id: &str) -> Result<UserDetailsBody, Error> {
        call(self.of_user(Method::GET, user_id, None)).await
    }

    /// Returns one user and their entity tag, for [`Client::update_user_if`].
    pub async fn user_with_tag(&self, user_id: &str) -> Result<(UserDetailsBody, String), Error> {
        call_for_tag(self.of_user(Method::GET, user_id, None)).await
    }

    /// Changes a user if their entity tag still is `tag`. Otherwise the problem has status 412.
    pub async fn update_user_if(
        &self,
        user_id: &str,
        change: &UpdateUserRequest,
        tag: &str,
    ) -> Result<UserBody, Error> {
        call_with(self.of_user(Method::PUT, user_id, None).header(IF_MATCH, tag), change).await
    }

    /// Changes a user. Fields that are `None` keep their value.
    pub async fn update_user(&self, user_id: &str, change: &UpdateUserRequest) -> Result<UserBody, Error> {
        call_with(self.of_user(Method::PUT, user_id, None), change).await
    }

    /// Returns a user's profile and its entity tag, for [`Client::update_user_profile`].
    pub async fn user_profile(&self, user_id: &str) -> Result<(ProfileBody, String), Error> {
        call_for_tag(self.of_user(Method::GET, user_id, Some("profile"))).await
    }

    /// Changes a user's profile. With a `tag`, only if it still is the entity tag; otherwise the problem has status 412.
    pub async fn update_user_profile(
        &self,
        user_id: &str,
        change: &UpdateProfileRequest,
        tag: Option<&str>,
    ) -> Result<ProfileBody, Error> {
        let request = self.of_user(Method::PUT, user_id, Some("profile"));
        call_with(tag.into_iter().fold(request, |request, tag| request.header(IF_MATCH, tag)), change).await
    }

    /// Returns a user's picture and its entity tag.
    pub async fn user_avatar(&self, user_id: &str) -> Result<(Image, String), Error> {
        call_for_image(self.of_user(Method::GET, user_id, Some("avatar"))).await
    }

    /// Activates a user, who may then sign in.
    pub async fn activate_user(&self, user_id: &str) -> Result<UserBody, Error> {
        call(self.of_user(Method::POST, user_id, Some("activate"))).await
    }

    /// Deactivates a user and ends all their sessions.
    pub async fn deactivate_user(&self, user_id: &str) -> Result<UserBody, Error> {
        call(self.of_user(Method::POST, user_id, Some("deactivate"))).await
    }

    /// Deletes a user.
    pub async fn delete_user(&self, user_id: &str) -> Result<(), Error> {
        call_without_answer(self.of_user(Method::DELETE, user_id, None)).await
    }

    /// Lifts the lock-outs of a user's account.
    pub async fn unlock_user(&self, user_id: &str) -> Result<UserDetailsBody, Error> {
        call(self.of_user(Method::POST, user_id, Some("unlock"))).await
    }

    /// Returns one page of the events of a user's account, newest first. `page_size` is 1 to 100; `cursor` is the
    /// `next_cursor` of the previous page.
    pub async fn user_timeline(
        &self,
        user_id: &str,
        page_size: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Timeline, Error> {
        let path = ["api", "admin", "users", user_id, "timeline"];
        call(self.request_with(Method::GET, &path, &timeline_query(page_size, cursor))).await
    }

    /// Resets a user's password, to a generated one if `None`, and ends all their sessions.
    pub async fn reset_password(
        &self,
        user_id: &str,
        new_password: Option<&str>,
    ) -> Result<ResetPasswordResponse, Error> {
        let body = ResetPasswordRequest { new_password: new_password.map(str::to_owned), delivery: None };
        call_with(self.of_user(Method::POST, user_id, Some("reset-password")), &body).await
    }

    /// Mails a link to set a password to a user, whose password stops working and whose sessions end. If mail is off or the
    /// account is inactive, the problem has status 409.
    pub async fn send_password_link(&self, user_id: &str) -> Result<ResetPasswordResponse, Error> {
        let body = ResetPasswordRequest { new_password: None, delivery: Some(PasswordDelivery::Link) };
        call_with(self.of_user(Method::POST, user_id, Some("reset-password")), &body).await
    }

    /// Returns one page of the sign-in attempts of all users, newest first.
    pub async fn sign_ins(&self, list: &SignInList) -> Result<SignInLogPage, Error> {
        call(self.request_with(Method::GET, &["api", "admin", "sign-ins"], &list.query())).await
    }

    /// Returns one page of the active sessions of all users, newest first.
    pub async fn sessions(&self, list: &SessionList) -> Result<SessionPage, Error> {
        call(self.request_with(Method::GET, &["api", "admin", "sessions"], &list.query())).await
    }

    /// Returns one page of a user's active sessions, newest first.
    pub async fn user_sessions(&self, user_id: &str, list: &SessionList) -> Result<SessionPage, Error> {
        let path = ["api", "admin", "users", user_id, "sessions"];
        call(self.request_with(Method::GET, &path, &list.query())).await
    }

    /// Ends a session of a user.
    pub async fn revoke_session(&self, user_id: &str, session_id: &str) -> Result<(), Error> {
        let path = ["api", "admin", "users", user_id, "sessions", session_id];
        call_without_answer(self.request(Method::DELETE, &path)).await
    }

    /// Ends every session of a user.
    pub async fn revoke_sessions(&self, user_id: &str) -> Result<EndedSessions, Error> {
        call(self.of_user(Method::DELETE, user_id, Some("sessions"))).await
    }

    /// Returns one page of the audit trail, newest first.
    pub async fn audit_logs(&self, list: &AuditList) -> Result<AuditLogPage, Error> {
        call(self.request_with(Method::GET, &["api", "admin", "audit-logs"], &list.query())).await
    }

    /// Sends an invitation to create an account.
    pub async fn invite(&self, body: &InvitationRequest) -> Result<InvitationBody, Error> {
        call_with(self.request(Method::POST, &["api", "admin", "invitations"]), body).await
    }

    /// Returns one page of invitations, newest first.
    pub async fn invitations(&self, list: &InvitationList) -> Result<InvitationPage, Error> {
        call(self.request_with(Method::GET, &["api", "admin", "invitations"], &list.query())).await
    }

    /// Sends an invitation again. The new link supersedes the old one.
    pub async fn resend_invitation(&self, id: i64) -> Result<InvitationBody, Error> {
        call(self.request(Method::POST, &["api", "admin", "invitations", &id.to_string(), "resend"])).await
    }

    /// Revokes an invitation.
    pub async fn revoke_invitation(&self, id: i64) -> Result<(), Error> {
        call_without_answer(self.request(Method::DELETE, &["api", "admin", "invitations", &id.to_string()])).await
    }

    /// Returns the caller's segments (saved filters of the user list), sorted by name.
    pub async fn segments(&self) -> Result<SegmentList, Error> {
        call(self.request(Method::GET, &["api", "admin", "segments"])).await
    }

    /// Saves a query string of the user list as the caller's segment `name`, and replaces an earlier one of that name.
    pub async fn save_segment(&self, name: &str, query: &str) -> Result<SegmentBody, Error> {
        let body = SaveSegmentRequest { query: query.to_owned() };
        call_with(self.request(Method::PUT, &["api", "admin", "segments", name]), &body).await
    }

    /// Deletes the caller's segment `name`.
    pub async fn delete_segment(&self, name: &str) -> Result<(), Error> {
        call_without_answer(self.request(Method::DELETE, &["api", "admin", "segments", name])).await
    }

    /// Returns one page of the mails that changes have caused, newest first.
    pub async fn outbox(&self, list: &OutboxList) -> Result<OutboxPage, Error> {
        call(self.request_with(Method::GET, &["api", "admin", "outbox"], &list.query())).await
    }

    /// Queues a failed mail again. If the mail has not failed, the problem has status 409.
    pub async fn retry_mail(&self, id: i64) -> Result<OutboxEntryBody, Error> {
        call(self.request(Method::POST, &["api", "admin", "outbox", &id.to_string(), "retry"])).await
    }

    /// Cancels a queued or failed mail. If the mail was sent or cancelled before, the problem has status 409.
    pub async fn cancel_mail(&self, id: i64) -> Result<(), Error> {
        call_without_answer(self.request(Method::DELETE, &["api", "admin", "outbox", &id.to_string()])).await
    }

    /// Returns totals of users by role and status.
    pub async fn user_analytics(&self) -> Result<UserAnalytics, Error> {
        call(self.request(Method::GET, &["api", "admin", "analytics", "users"])).await
    }

    /// Returns today's figures of users and sign-ins, with the previous period for comparison.
    pub async fn overview(&self) -> Result<Overview, Error> {
        call(self.request(Method::GET, &["api", "admin", "analytics", "overview"])).await
    }

    /// Returns new users, active users and sign-ins by day, week or month.
    pub async fn activity(&self, range: &ActivityRange) -> Result<Activity, Error> {
        call(self.request_with(Method::GET, &["api", "admin", "analytics", "activity"], &range.query())).await
    }

    fn of_user(&self, method: Method, user_id: &str, action: Option<&str>) -> RequestBuilder {
        let path = ["api", "admin", "users", user_id, action.unwrap_or_default()];
        self.request(method, if action.is_some() { &path } else { &path[..4] })
    }
}
