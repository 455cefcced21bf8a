use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use actix_web::web::{Bytes, Path};
use actix_web::{HttpRequest, HttpResponse};
use steward_web::{ApiError, HttpError, StaticFile};
use utoipa_swagger_ui::{Config, SwaggerFile};

use super::{SPEC_URL, asset};

/// Swagger UI sets inline styles, and its style sheet contains icons.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// The title, and the viewport that phones need for a readable layout.
const TITLE: &str = r#"<title>Steward API</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">"#;

/// Keeps the token across reloads and enables requests. Hides the validator's badge and the bar to load other
/// descriptions.
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

/// The files of the crate that were requested. The crate does not list its files.
static FILES: Mutex<BTreeMap<String, Arc<StaticFile>>> = Mutex::new(BTreeMap::new());

static PAGE: LazyLock<Option<StaticFile>> = LazyLock::new(|| {
    let index = utoipa_swagger_ui::serve("index.html", Arc::clone(&CONFIG)).ok()??;
    // The page is served at `/docs`, so relative URLs would not resolve.
    let index = String::from_utf8_lossy(&index.bytes)
        .replace("=\"./", "=\"/docs/")
        .replace("=\"index.css", "=\"/docs/index.css")
        .replace("<title>Swagger UI</title>", TITLE);
    Some(super::page(POLICY, index))
});

/// `/docs`
pub(crate) async fn page(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    match &*PAGE {
        Some(page) => Ok(page.answer(&request).await),
        None => Err(HttpError::Internal("the crate utoipa-swagger-ui contains no index.html".to_owned()).into()),
    }
}

/// `/docs/{file}`
pub(crate) async fn file(name: Path<String>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    Ok(cached_file(&name)?.answer(&request).await)
}

/// Returns the file of this name, and caches it after the first request.
fn cached_file(name: &str) -> Result<Arc<StaticFile>, HttpError> {
    let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(file) = files.get(name) {
        return Ok(Arc::clone(file));
    }
    let SwaggerFile { bytes, content_type, .. } = utoipa_swagger_ui::serve(name, Arc::clone(&CONFIG))
        .map_err(|error| HttpError::Internal(error.to_string()))?
        .ok_or(HttpError::PathNotFound)?;
    let bytes = match bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    let file = Arc::new(asset(&content_type, bytes));
    files.insert(name.to_owned(), Arc::clone(&file));
    Ok(file)
}
