//! `/api/admin`

use reqwest::{Method, RequestBuilder};
use steward_contracts::bodies::{
    AuditLogPage, ResetPasswordRequest, ResetPasswordResponse, UpdateUserRequest, UserAnalytics, UserBody, UserPage,
};

use crate::client::{call, call_with, call_without_answer};
use crate::{AuditList, Client, Error, UserList};

impl Client {
    /// One page of users.
    pub async fn users(&self, list: &UserList) -> Result<UserPage, Error> {
        call(self.request_with(Method::GET, &["api", "admin", "users"], &list.query())).await
    }

    /// One user.
    pub async fn user(&self, user_id: &str) -> Result<UserBody, Error> {
        call(self.of_user(Method::GET, user_id, None)).await
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

    /// Gives a user another password, made up where none is said, and ends every session of theirs.
    pub async fn reset_password(
        &self,
        user_id: &str,
        new_password: Option<&str>,
    ) -> Result<ResetPasswordResponse, Error> {
        let body = ResetPasswordRequest { new_password: new_password.map(str::to_owned) };
        call_with(self.of_user(Method::POST, user_id, Some("reset-password")), &body).await
    }

    /// One page of the audit trail, newest first.
    pub async fn audit_logs(&self, list: &AuditList) -> Result<AuditLogPage, Error> {
        call(self.request_with(Method::GET, &["api", "admin", "audit-logs"], &list.query())).await
    }

    /// Numbers about all users.
    pub async fn user_analytics(&self) -> Result<UserAnalytics, Error> {
        call(self.request(Method::GET, &["api", "admin", "analytics", "users"])).await
    }

    fn of_user(&self, method: Method, user_id: &str, action: Option<&str>) -> RequestBuilder {
        let path = ["api", "admin", "users", user_id, action.unwrap_or_default()];
        self.request(method, if action.is_some() { &path } else { &path[..4] })
    }
}
