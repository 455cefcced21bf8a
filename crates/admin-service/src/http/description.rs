use steward_web::service::RateLimitClass::{Mail, Password};
use steward_web::service::{Endpoint, ServiceDescription, ServiceId};

use super::{analytics, audit, invitations, outbox, segments, users};

/// The id of the admin service.
pub const ID: ServiceId = ServiceId::new("admin");

/// Returns the interface of the admin service.
pub fn description() -> ServiceDescription {
    ServiceDescription {
        id: ID,
        title: "Admin",
        summary: "User administration, audit trail, analytics",
        settings_name: "admin",
        port: 8002,
        is_edge: false,
        tags: &[("admin", "User administration, audit trail and analytics")],
        endpoints: vec![
            Endpoint::new(|| users::list::list_users),
            Endpoint::new(|| users::create::create_user).limited(Password),
            Endpoint::new(|| users::get::get_user),
            Endpoint::new(|| users::update::update_user),
            Endpoint::new(|| users::profile::user_profile),
            Endpoint::new(|| users::profile::update_user_profile),
            Endpoint::new(|| users::avatar::user_avatar),
            Endpoint::new(|| users::delete::delete_user),
            Endpoint::new(|| users::activate::activate_user),
            Endpoint::new(|| users::deactivate::deactivate_user),
            Endpoint::new(|| users::reset_password::reset_password).limited(Password),
            Endpoint::new(|| audit::list::list_audit_logs),
            Endpoint::new(|| analytics::users::user_analytics),
            Endpoint::new(|| analytics::overview::analytics_overview),
            Endpoint::new(|| analytics::activity::analytics_activity),
            Endpoint::new(|| invitations::send::send_invitation).limited(Mail),
            Endpoint::new(|| invitations::list::list_invitations),
            Endpoint::new(|| invitations::resend::resend_invitation).limited(Mail),
            Endpoint::new(|| invitations::revoke::revoke_invitation),
            Endpoint::new(|| segments::list::list_segments),
            Endpoint::new(|| segments::save::save_segment),
            Endpoint::new(|| segments::delete::delete_segment),
            Endpoint::new(|| outbox::list::list_outbox),
            Endpoint::new(|| outbox::retry::retry_mail),
            Endpoint::new(|| outbox::cancel::cancel_mail),
        ],
        internal: Vec::new(),
    }
}
