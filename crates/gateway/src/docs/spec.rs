use actix_web::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::Documentation;

/// The spec; 304 to whoever has it already.
pub(super) async fn serve(request: HttpRequest, documentation: Data<Documentation>) -> HttpResponse {
    let known = request.headers().get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok()).any(|tags| {
        tags.split(',')
            .map(|tag| tag.trim().trim_start_matches("W/"))
            .any(|tag| tag == documentation.etag || tag == "*")
    });
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((ETAG, documentation.etag.as_str())).insert_header((CACHE_CONTROL, "no-cache"));
    if known { response.finish() } else { response.content_type("application/json").body(documentation.spec.clone()) }
}
