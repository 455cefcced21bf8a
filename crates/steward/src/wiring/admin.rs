use std::rc::Rc;
use std::sync::Arc;

use steward_admin_service::AdminService;

use super::Process;
use super::instance::Instance;
use crate::failure::Failure;
use crate::system::SystemClock;

/// Builds the admin service. Each worker has its own.
pub(super) fn build(process: &Process) -> Result<Instance, Failure> {
    let storage = process.storage()?.clone();
    let mails = process.settings.mail.policy();
    Ok(Instance::new(move |process, config| {
        let service = AdminService {
            users: Arc::clone(&storage.users),
            audit_log: Arc::clone(&storage.audit_log),
            activity: Arc::clone(&storage.activity),
            profiles: Arc::clone(&storage.profiles),
            segments: Arc::clone(&storage.segments),
            outbox: Arc::clone(&storage.outbox),
            invitations: Arc::clone(&storage.invitations),
            clock: Arc::new(SystemClock),
            credentials: process.credentials(),
            mails,
        };
        config.configure(steward_admin_service::http::add_data(Rc::new(service)));
    }))
}
