//! The API's documentation: `/openapi.json`, Swagger UI at `/docs`, ReDoc at `/redoc`.
//!
//! Everything comes from our own origin, scripts included, so that the pages work without the internet; the
//! `Content-Security-Policy` of each page lets the browser ask nobody else.

mod redoc;
mod spec;
mod swagger;

use std::hash::{DefaultHasher, Hash, Hasher};

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use actix_web::web::{self, Bytes};
use actix_web::{HttpResponse, HttpResponseBuilder};
use utoipa::openapi::OpenApi;

/// Where the spec is.
const SPEC_URL: &str = "/openapi.json";

/// The documentation of one API, written out once per process.
#[derive(Clone)]
pub struct Documentation {
    spec: Bytes,
    etag: String,
}

impl Documentation {
    /// The documentation of what `spec` describes.
    pub fn new(spec: &OpenApi) -> Result<Self, serde_json::Error> {
        let spec = serde_json::to_vec(spec)?;
        let mut hasher = DefaultHasher::new();
        spec.hash(&mut hasher);
        Ok(Self { spec: spec.into(), etag: format!("\"{:016x}\"", hasher.finish()) })
    }

    /// Mounts the spec and the two pages.
    pub fn routes(self) -> impl FnOnce(&mut web::ServiceConfig) {
        move |config| {
            config
                .app_data(web::Data::new(self))
                .route(SPEC_URL, web::get().to(spec::serve))
                .route("/docs", web::get().to(swagger::page))
                .route("/docs/{file}", web::get().to(swagger::file))
                .route("/redoc", web::get().to(redoc::page))
                .route("/redoc/start.js", web::get().to(redoc::start))
                .route("/redoc/redoc.standalone.js", web::get().to(redoc::bundle));
        }
    }
}

/// A page that may run scripts of ours, and load nothing from anybody else.
fn page(policy: &'static str) -> HttpResponseBuilder {
    let mut page = HttpResponse::Ok();
    page.content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .insert_header((CACHE_CONTROL, "no-cache"));
    page
}

/// A part of a page, the same until the next release.
fn asset(content_type: &str) -> HttpResponseBuilder {
    let mut asset = HttpResponse::Ok();
    asset.content_type(content_type).insert_header((CACHE_CONTROL, "public, max-age=3600"));
    asset
}
