//! The API's documentation: `/openapi.json`, Swagger UI at `/docs`, ReDoc at `/redoc`.
//!
//! All files come from the API's own origin, so that the pages work without internet access. The
//! `Content-Security-Policy` of each page forbids requests to other hosts.

pub(crate) mod redoc;
pub(crate) mod spec;
pub(crate) mod swagger;

use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use actix_web::web::Bytes;
use steward_web::StaticFile;
use utoipa::openapi::OpenApi;

/// The path of the OpenAPI description.
pub(crate) const SPEC_URL: &str = "/openapi.json";

/// The documentation of one API, serialized once per process. Add it to the app's data as `web::Data<Documentation>`.
#[derive(Clone)]
pub struct Documentation {
    spec: Arc<StaticFile>,
}

impl Documentation {
    /// Creates the documentation of the API that `spec` describes.
    pub fn new(spec: &OpenApi) -> Result<Self, serde_json::Error> {
        let spec = StaticFile::new("application/json", serde_json::to_vec(spec)?).with(CACHE_CONTROL, "no-cache");
        Ok(Self { spec: Arc::new(spec) })
    }
}

/// Creates a page that may run scripts of its own origin, and loads nothing from other hosts.
fn page(policy: &'static str, content: impl Into<Bytes>) -> StaticFile {
    StaticFile::new("text/html; charset=utf-8", content)
        .with(CONTENT_SECURITY_POLICY, policy)
        .with(CACHE_CONTROL, "no-cache")
}

/// Creates a file of a page. It does not change until the next release.
fn asset(media_type: &str, content: impl Into<Bytes>) -> StaticFile {
    StaticFile::new(media_type, content).with(CACHE_CONTROL, "public, max-age=3600")
}
