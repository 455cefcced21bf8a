use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use actix_web::web::{Bytes, Path};
use actix_web::{HttpRequest, HttpResponse};
use steward_web::{ApiError, StaticFile};
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

/// What was asked for of the crate's files; it names none by itself.
static FILES: Mutex<BTreeMap<String, Arc<StaticFile>>> = Mutex::new(BTreeMap::new());

static PAGE: LazyLock<Option<StaticFile>> = LazyLock::new(|| {
    let index = utoipa_swagger_ui::serve("index.html", Arc::clone(&CONFIG)).ok()??;
    // Served at `/docs` itself, so what it asks for must not be relative to that.
    let index = String::from_utf8_lossy(&index.bytes)
        .replace("=\"./", "=\"/docs/")
        .replace("=\"index.css", "=\"/docs/index.css")
        .replace("<title>Swagger UI</title>", TITLE);
    Some(super::page(POLICY, index))
});

/// `/docs`
pub(super) async fn page(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    match &*PAGE {
        Some(page) => Ok(page.answer(&request).await),
        None => Err(ApiError::Internal("the crate holds no index.html".to_owned())),
    }
}

/// `/docs/{file}`
pub(super) async fn file(name: Path<String>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    Ok(kept(&name)?.answer(&request).await)
}

/// The file of this name, kept once it was asked for.
fn kept(name: &str) -> Result<Arc<StaticFile>, ApiError> {
    let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(file) = files.get(name) {
        return Ok(Arc::clone(file));
    }
    let SwaggerFile { bytes, content_type, .. } = utoipa_swagger_ui::serve(name, Arc::clone(&CONFIG))
        .map_err(|error| ApiError::Internal(error.to_string()))?
        .ok_or(ApiError::PathNotFound)?;
    let bytes = match bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    let file = Arc::new(asset(&content_type, bytes));
    files.insert(name.to_owned(), Arc::clone(&file));
    Ok(file)
}
