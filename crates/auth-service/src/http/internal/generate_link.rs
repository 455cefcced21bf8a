use actix_web::HttpResponse;
use actix_web::web::Data;
use steward_contracts::services::internal::GeneratedLink;
use steward_web::{ApiError, Signed};

use crate::AuthService;

/// Generates the link of a mail that another service adds to the outbox.
pub(in crate::http) async fn generate_link(
    service: Data<AuthService>,
    Signed(()): Signed<()>,
) -> Result<HttpResponse, ApiError> {
    Ok(HttpResponse::Ok().json(GeneratedLink::from(service.unbound_link())))
}
