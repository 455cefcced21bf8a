//! `/api/admin`

use reqwest::header::IF_MATCH;
use reqwest::{Method, RequestBuilder};
use steward_contracts::bodies::{
    Activity, AuditLogPage, EndedSessions, Overview, ResetPasswordRequest, ResetPasswordResponse, SaveSegmentRequest,
    SegmentBody, SegmentList, SessionPage, Timeline, UpdateUserRequest, UserAnalytics, UserBody, UserDetailsBody,
    UserPage,
};

use crate::client::{call, call_for_tag, call_with, call_without_answer};
use crate::lists::timeline_query;
use crate::{ActivityRange, AuditList, Client, Error, SessionList, UserList};

impl Client {
    /// One page of users.
    pub async fn users(&self, list: &UserList) -> Result<UserPage, Error> {
        call(self.request_with(Method::GET, &["api", "admin", "users"], &list.query())).await
    }

    /// One user, with what only administrators are told.
    pub async fn user(&self, user_id: &str) -> Result<UserDetailsBody, Error> {
        call(self.of_user(Method::GET, user_id, None)).await
    }

    /// One user, and the tag of what they are now, for [`Client::update_user_if`].
    pub async fn user_with_tag(&self, user_id: &str) -> Result<(UserDetailsBody, String), Error> {
        call_for_tag(self.of_user(Method::GET, user_id, None)).await
    }

    /// Changes a user, unless they were changed since they had this tag: that is a problem with status 412.
    pub async fn update_user_if(
        &self,
        user_id: &str,
        change: &UpdateUserRequest,
        tag: &str,
    ) -> Result<UserBody, Error> {
        call_with(self.of_user(Method::PUT, user_id, None).header(IF_MATCH, tag), change).await
    }

    /// Changes a user; what is `None` stays.
    pub async fn update_user(&self, user_id: &str, change: &UpdateUserRequest) -> Result<UserBody, Error> {
        call_with(self.of_user(Method::PUT, user_id, None), change).await
    }

    /// Lets a user sign in again.
    pub async fn activate_user(&self, user_id: &str) -> Result<UserBody, Error> {
        call(self.of_user(Method::POST, user_id, Some("activate"))).await
    }

    /// Keeps a user from signing in, and ends every session of theirs.
    pub async fn deactivate_user(&self, user_id: &str) -> Result<UserBody, Error> {
        call(self.of_user(Method::POST, user_id, Some("deactivate"))).await
    }

    /// Removes a user.
    pub async fn delete_user(&self, user_id: &str) -> Result<(), Error> {
        call_without_answer(self.of_user(Method::DELETE, user_id, None)).await
    }

    /// Lets whoever is locked out of an account try again.
    pub async fn unlock_user(&self, user_id: &str) -> Result<UserDetailsBody, Error> {
        call(self.of_user(Method::POST, user_id, Some("unlock"))).await
    }

    /// What happened to a user, newest first: `page_size` of it (1 to 100), from the `next_cursor` of what was told
    /// before on.
    pub async fn user_timeline(
        &self,
        user_id: &str,
        page_size: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Timeline, Error> {
        let path = ["api", "admin", "users", user_id, "timeline"];
        call(self.request_with(Method::GET, &path, &timeline_query(page_size, cursor))).await
    }

    /// Gives a user another password, made up where none is said, and ends every session of theirs.
    pub async fn reset_password(
        &self,
        user_id: &str,
        new_password: Option<&str>,
    ) -> Result<ResetPasswordResponse, Error> {
        let body = ResetPasswordRequest { new_password: new_password.map(str::to_owned) };
        call_with(self.of_user(Method::POST, user_id, Some("reset-password")), &body).await
    }

    /// One page of the sessions that are good, newest first.
    pub async fn sessions(&self, list: &SessionList) -> Result<SessionPage, Error> {
        call(self.request_with(Method::GET, &["api", "admin", "sessions"], &list.query())).await
    }

    /// One page of a user's sessions that are good, newest first; `list` says which page.
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

    /// One page of the audit trail, newest first.
    pub async fn audit_logs(&self, list: &AuditList) -> Result<AuditLogPage, Error> {
        call(self.request_with(Method::GET, &["api", "admin", "audit-logs"], &list.query())).await
    }

    /// The filters of the user list that the caller keeps, sorted by name.
    pub async fn segments(&self) -> Result<SegmentList, Error> {
        call(self.request(Method::GET, &["api", "admin", "segments"])).await
    }

    /// Keeps a query string of the user list for the caller under a name, in the place of what was there.
    pub async fn save_segment(&self, name: &str, query: &str) -> Result<SegmentBody, Error> {
        let body = SaveSegmentRequest { query: query.to_owned() };
        call_with(self.request(Method::PUT, &["api", "admin", "segments", name]), &body).await
    }

    /// Forgets what the caller keeps under a name.
    pub async fn delete_segment(&self, name: &str) -> Result<(), Error> {
        call_without_answer(self.request(Method::DELETE, &["api", "admin", "segments", name])).await
    }

    /// Numbers about all users.
    pub async fn user_analytics(&self) -> Result<UserAnalytics, Error> {
        call(self.request(Method::GET, &["api", "admin", "analytics", "users"])).await
    }

    /// How users and sign-ins stand now.
    pub async fn overview(&self) -> Result<Overview, Error> {
        call(self.request(Method::GET, &["api", "admin", "analytics", "overview"])).await
    }

    /// How much went on, by day, week or month.
    pub async fn activity(&self, range: &ActivityRange) -> Result<Activity, Error> {
        call(self.request_with(Method::GET, &["api", "admin", "analytics", "activity"], &range.query())).await
    }

    fn of_user(&self, method: Method, user_id: &str, action: Option<&str>) -> RequestBuilder {
        let path = ["api", "admin", "users", user_id, action.unwrap_or_default()];
        self.request(method, if action.is_some() { &path } else { &path[..4] })
    }
}
