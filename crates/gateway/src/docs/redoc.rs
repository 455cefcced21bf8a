use std::sync::LazyLock;

use actix_web::{HttpRequest, HttpResponse};
use aide::redoc::Redoc;
use steward_web::{ApiError, HttpError, StaticFile};

use super::{SPEC_URL, asset};

/// ReDoc sets inline styles, searches in a worker that it creates from a blob, and draws its own icons.
const POLICY: &str = "default-src 'none'; script-src 'self'; worker-src blob:; style-src 'unsafe-inline'; \
                      img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; \
                      form-action 'none'";

const PAGE: &str = r#"<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Steward API</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
    <style>body { margin: 0 }</style>
  </head>
  <body>
    <div id="redoc"></div>
    <script src="/redoc/redoc.standalone.js"></script>
    <script src="/redoc/start.js"></script>
  </body>
</html>
"#;

/// The logo that the bundle loads from another host. It is the bundle's only request to another host.
const LOGO: &str = "https://cdn.redoc.ly/redoc/logo-mini.svg";
const NO_LOGO: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E";

static PAGE_FILE: LazyLock<StaticFile> = LazyLock::new(|| super::page(POLICY, PAGE));

/// The bundle. The crate provides it only as part of a page.
static BUNDLE: LazyLock<Option<StaticFile>> = LazyLock::new(|| {
    let page = Redoc::new(SPEC_URL).html();
    let (_, script) = page.split_once("<script>")?;
    let (bundle, _) = script.rsplit_once("Redoc.init(")?;
    Some(asset(SCRIPT, bundle.trim().replace(LOGO, NO_LOGO)))
});

static START: LazyLock<StaticFile> = LazyLock::new(|| {
    let start = format!(
        "Redoc.init({SPEC_URL:?}, {{ scrollYOffset: 0, hideDownloadButton: false }}, document.getElementById(\"redoc\"));\n"
    );
    asset(SCRIPT, start)
});

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// `/redoc`
pub(crate) async fn page(request: HttpRequest) -> HttpResponse {
    PAGE_FILE.answer(&request).await
}

/// Serves the script that starts ReDoc. It is a separate file, because the page may not run inline scripts.
pub(crate) async fn start(request: HttpRequest) -> HttpResponse {
    START.answer(&request).await
}

/// Serves ReDoc itself.
pub(crate) async fn bundle(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    match &*BUNDLE {
        Some(bundle) => Ok(bundle.answer(&request).await),
        None => Err(HttpError::Internal("the page of the crate aide contains no bundle".to_owned()).into()),
    }
}
