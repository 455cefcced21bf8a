use std::rc::Rc;
use std::sync::Arc;

use actix_web::web::ServiceConfig;
use steward_admin_service::AdminService;
use steward_contracts::services::Credentials;

use super::storage::Storage;
use crate::system::SystemClock;

/// Mounts the endpoints of the admin service, for one worker.
pub(super) fn mount(storage: &Storage, credentials: Rc<dyn Credentials>, config: &mut ServiceConfig) {
    let service = AdminService {
        users: Arc::clone(&storage.users),
        audit_log: Arc::clone(&storage.audit_log),
        activity: Arc::clone(&storage.activity),
        segments: Arc::clone(&storage.segments),
        clock: Arc::new(SystemClock),
        credentials,
    };
    config.configure(steward_admin_service::http::public(Rc::new(service)));
}
