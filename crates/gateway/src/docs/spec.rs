use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::Documentation;

/// The spec; 304 to a client that has it already.
pub(super) async fn serve(request: HttpRequest, documentation: Data<Documentation>) -> HttpResponse {
    documentation.spec.answer(&request).await
}
