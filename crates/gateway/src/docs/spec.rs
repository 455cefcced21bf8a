use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::Documentation;

/// Serves the OpenAPI description; 304 if the client has it.
pub(crate) async fn serve(request: HttpRequest, documentation: Data<Documentation>) -> HttpResponse {
    documentation.spec.answer(&request).await
}
