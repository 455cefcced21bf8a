use std::sync::{Arc, LazyLock};

use actix_web::http::header::{CONTENT_ENCODING, ContentEncoding};
use actix_web::{HttpResponse, web};
use steward_web::ApiError;
use utoipa_swagger_ui::{Config, SwaggerFile};

use super::{SPEC_URL, asset};

/// Swagger UI writes styles into its elements, and shows icons out of its style sheet.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// What the page lacks: without the second line a phone lays it out as wide as a desk's screen.
const TITLE: &str = r#"<title>Steward API</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">"#;

/// The token stays in the browser over a reload; requests can be tried at once; no badge is asked of a validator; no
/// bar to read other specs.
static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    Arc::new(
        Config::from(SPEC_URL)
            .persist_authorization(true)
            .try_it_out_enabled(true)
            .display_request_duration(true)
            .validator_url("none")
            .use_base_layout(),
    )
});

/// `/docs`
pub(super) async fn page() -> Result<HttpResponse, ApiError> {
    let index = read("index.html")?;
    // Served at `/docs` itself, so what it asks for must not be relative to that.
    let index = String::from_utf8_lossy(&index.bytes)
        .replace("=\"./", "=\"/docs/")
        .replace("=\"index.css", "=\"/docs/index.css")
        .replace("<title>Swagger UI</title>", TITLE);
    Ok(super::page(POLICY).body(index))
}

/// `/docs/{file}`
pub(super) async fn file(name: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let file = read(&name)?;
    let mut response = asset(&file.content_type);
    if file.gzpipped {
        response.insert_header((CONTENT_ENCODING, ContentEncoding::Gzip));
    }
    Ok(response.body(file.bytes.into_owned()))
}

fn read(name: &str) -> Result<SwaggerFile<'static>, ApiError> {
    utoipa_swagger_ui::serve(name, Arc::clone(&CONFIG))
        .map_err(|error| ApiError::Internal(error.to_string()))?
        .ok_or(ApiError::PathNotFound)
}
