use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use steward_contracts::bodies::Image;
use steward_contracts::services::internal::{
    AUTHENTICATE, CREATE_USER, GENERATE_LINK, INVITE, RESEND_INVITATION, RESET_PASSWORD, SEND_PASSWORD_LINK,
};
use steward_web::service::RateLimitClass::{Login, Mail, Password, Refresh, Register};
use steward_web::service::{BackgroundTask, Endpoint, ServiceDescription, ServiceId, TaskProgress};

use super::{
    avatar, change_password, delete_account, export_account, internal, jwks, links, login, logout, me,
    password_strength, profile, refresh, register, sessions, sign_ins, timeline, unlock,
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
            Endpoint::new(|| profile::name::update_own_account),
            Endpoint::new(|| profile::get::own_profile),
            Endpoint::new(|| profile::update::update_own_profile),
            Endpoint::new(|| avatar::get::own_avatar),
            Endpoint::new(|| avatar::set::set_own_avatar).with_body_limit(Image::MAX),
            Endpoint::new(|| avatar::remove::remove_own_avatar),
            Endpoint::new(|| delete_account::delete_account).limited(Password),
            Endpoint::new(|| export_account::export_account),
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
            Endpoint::new(|| sign_ins::list_sign_ins),
            Endpoint::new(|| timeline::own_activity),
            Endpoint::new(|| timeline::user_timeline),
            Endpoint::new(|| unlock::unlock_user),
            Endpoint::new(|| jwks::jwks),
        ],
        internal: vec![
            Endpoint::undocumented(Method::POST, AUTHENTICATE, internal::authenticate::authenticate),
            Endpoint::undocumented(Method::POST, RESET_PASSWORD, internal::reset_password::reset_password),
            Endpoint::undocumented(Method::POST, CREATE_USER, internal::create_user::create_user),
            Endpoint::undocumented(Method::POST, SEND_PASSWORD_LINK, internal::reset_password::send_password_link),
            Endpoint::undocumented(Method::POST, GENERATE_LINK, internal::generate_link::generate_link),
            Endpoint::undocumented(Method::POST, INVITE, internal::invite::invite),
            Endpoint::undocumented(Method::POST, RESEND_INVITATION, internal::invite::resend_invitation),
        ],
    }
}

/// Returns the background tasks of the auth service.
pub fn tasks(service: &Arc<AuthService>) -> Vec<BackgroundTask> {
    let mut tasks = vec![
        BackgroundTask::exclusive("purge_sessions", Duration::from_hours(1), service, AuthService::purge_sessions),
        BackgroundTask::exclusive("purge_sign_ins", Duration::from_hours(1), service, AuthService::purge_sign_ins),
        BackgroundTask::exclusive("purge_links", Duration::from_hours(1), service, AuthService::purge_links),
        BackgroundTask::exclusive(
            "purge_invitations",
            Duration::from_hours(1),
            service,
            AuthService::purge_invitations,
        ),
        BackgroundTask::exclusive("purge_mails", Duration::from_hours(1), service, AuthService::purge_mails),
        BackgroundTask::exclusive(
            "erase_accounts",
            Duration::from_hours(1),
            service,
            AuthService::erase_deleted_accounts,
        ),
        // Per process, because each process notes uses in its memory. The interval is the longest time whose uses are
        // lost if the process crashes.
        BackgroundTask::per_process("write_last_seen", Duration::from_secs(15), service, AuthService::write_last_seen),
    ];
    if service.delivers_mails() {
        let send = async |service: &AuthService| {
            Ok(if service.deliver_mails().await? { TaskProgress::MoreDue } else { TaskProgress::Done })
        };
        tasks.push(BackgroundTask::queue_consumer("send_mails", Duration::from_secs(5), service, send));
    }
    tasks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestApp;

    #[tokio::test]
    async fn every_task_runs_and_only_the_use_of_sessions_is_written_per_process() {
        let app = TestApp::new().await;
        let all = tasks(&app.service);
        for task in &all {
            task.run().await.unwrap();
        }
        let per_process: Vec<_> =
            all.iter().filter(|task| !task.kind().is_for_workers()).map(BackgroundTask::name).collect();
        assert_eq!(per_process, ["write_last_seen"]);
    }
}
