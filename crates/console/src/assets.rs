//! Style sheet, script and icons. Their URLs contain a digest of their content, so browsers cache them indefinitely.

use std::sync::LazyLock;

use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::web::{Path, ServiceConfig, get};
use actix_web::{HttpRequest, HttpResponse};
use sha2::{Digest, Sha256};
use steward_web::StaticFile;

use crate::failure::Failure;

struct Asset {
    name: &'static str,
    media_type: &'static str,
    content: &'static str,
}

const ASSETS: [Asset; 4] = [
    Asset {
        name: "console.css",
        media_type: "text/css; charset=utf-8",
        content: include_str!("../assets/console.css"),
    },
    Asset {
        name: "console.js",
        media_type: "text/javascript; charset=utf-8",
        content: include_str!("../assets/console.js"),
    },
    Asset { name: "icons.svg", media_type: "image/svg+xml", content: include_str!("../assets/icons.svg") },
    Asset { name: "icon.svg", media_type: "image/svg+xml", content: include_str!("../assets/icon.svg") },
];

/// One digest for all assets, since they are released together.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    for asset in &ASSETS {
        digest.update(asset.content);
    }
    base16ct::lower::encode_string(&digest.finalize()[..8])
});

/// Returns the path of the asset with this name.
pub(crate) fn address(name: &str) -> String {
    format!("/assets/{}/{name}", *VERSION)
}

pub(crate) fn routes(config: &mut ServiceConfig) {
    config.route("/assets/{version}/{name}", get().to(asset));
}

/// The assets as served. Unlike pages, they are compressed: a compressed page would leak its secrets through its length
/// (BREACH).
static FILES: LazyLock<[StaticFile; 4]> =
    LazyLock::new(|| ASSETS.map(|asset| StaticFile::new(asset.media_type, asset.content)));

async fn asset(path: Path<(String, String)>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let (version, name) = path.into_inner();
    let mut files = ASSETS.iter().zip(FILES.iter());
    let Some((_, file)) = files.find(|(asset, _)| asset.name == name) else { return Err(Failure::NotFound) };
    // A page of another release requests its own version. The response has other content and must not be cached under
    // that URL.
    let cache_control = if version == *VERSION { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = file.answer(&request).await;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(cache_control));
    Ok(response)
}
