use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use steward_contracts::services::internal::{AUTHENTICATE, INVITE, RESEND_INVITATION, RESET_PASSWORD};
use steward_web::service::RateLimitClass::{Login, Mail, Password, Refresh, Register};
use steward_web::service::{BackgroundTask, Endpoint, ServiceDescription, ServiceId};

use super::{
    change_password, internal, jwks, links, login, logout, me, password_strength, refresh, register, sessions,
    timeline, unlock,
};
use crate::AuthService;

/// The id of the auth service.
pub const ID: ServiceId = ServiceId::new("auth");

/// Returns the interface of the auth service.
pub fn description() -> ServiceDescription {
    ServiceDescription {
        id: ID,
        title: "Auth",
        summary: "Sign-in, sessions, passwords",
        settings_name: "auth",
        port: 8001,
        is_edge: false,
        tags: &[("auth", "Registration, sign-in and sessions")],
        endpoints: vec![
            Endpoint::new(|| login::login).limited(Login),
            Endpoint::new(|| refresh::refresh).limited(Refresh),
            Endpoint::new(|| register::register).limited(Register),
            Endpoint::new(|| links::accept_invitation::accept_invitation).limited(Register),
            Endpoint::new(|| logout::logout),
            Endpoint::new(|| me::me),
            Endpoint::new(|| change_password::change_password).limited(Password),
            Endpoint::new(|| password_strength::password_strength).limited(Password),
            Endpoint::new(|| links::forgot_password::forgot_password).limited(Mail),
            Endpoint::new(|| links::reset_password::reset_forgotten_password).limited(Password),
            Endpoint::new(|| links::verify_email::verify_email),
            Endpoint::new(|| links::resend_verification::resend_verification).limited(Mail),
            Endpoint::new(|| links::change_email::change_email).limited(Mail),
            Endpoint::new(|| links::confirm_email_change::confirm_email_change),
            Endpoint::new(|| links::undo_email_change::undo_email_change),
            Endpoint::new(|| sessions::end_all::logout_all),
            Endpoint::new(|| sessions::list::own_sessions),
            Endpoint::new(|| sessions::end::end_own_session),
            Endpoint::new(|| sessions::list_all::list_sessions),
            Endpoint::new(|| sessions::list_of_user::list_user_sessions),
            Endpoint::new(|| sessions::revoke_all::revoke_sessions),
            Endpoint::new(|| sessions::revoke::revoke_session),
            Endpoint::new(|| timeline::own_activity),
            Endpoint::new(|| timeline::user_timeline),
            Endpoint::new(|| unlock::unlock_user),
            Endpoint::new(|| jwks::jwks),
        ],
        internal: vec![
            Endpoint::undocumented(Method::POST, AUTHENTICATE, internal::authenticate::authenticate),
            Endpoint::undocumented(Method::POST, RESET_PASSWORD, internal::reset_password::reset_password),
            Endpoint::undocumented(Method::POST, INVITE, internal::invite::invite),
            Endpoint::undocumented(Method::POST, RESEND_INVITATION, internal::invite::resend_invitation),
        ],
    }
}

/// Returns the background tasks of the auth service.
pub fn tasks(service: &Arc<AuthService>) -> Vec<BackgroundTask> {
    let mut tasks = vec![
        BackgroundTask::new("purge sessions", Duration::from_hours(1), service, AuthService::purge_sessions),
        BackgroundTask::new("purge sign-in attempts", Duration::from_hours(1), service, AuthService::purge_sign_ins),
        BackgroundTask::new("purge links", Duration::from_hours(1), service, AuthService::purge_links),
        // The interval is the longest time whose uses are lost if the process crashes.
        BackgroundTask::new("write session use", Duration::from_secs(15), service, AuthService::write_last_seen)
            .also_at_stop(),
    ];
    if service.delivers_mails() {
        let send = async |service: &AuthService| {
            while service.deliver_mails().await? {}
            Ok(())
        };
        tasks.push(BackgroundTask::new("send mails", Duration::from_secs(5), service, send));
    }
    tasks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestApp;

    #[tokio::test]
    async fn every_task_runs_and_the_use_of_sessions_is_also_written_at_the_stop() {
        let app = TestApp::new().await;
        let all = tasks(&app.service);
        for task in &all {
            task.run().await.unwrap();
        }
        let at_stop: Vec<_> = all.iter().filter(|task| task.is_run_at_stop()).map(BackgroundTask::name).collect();
        assert_eq!(at_stop, ["write session use"]);
    }
}
