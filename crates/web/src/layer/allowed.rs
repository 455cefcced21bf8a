use std::sync::Arc;

use actix_web::dev::ResourceDef;
use actix_web::http::header::HeaderValue;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::PathItem;

/// The methods of each path in the OpenAPI description.
///
/// Routes are bound to their method, so the router returns 404 for another method. This table distinguishes 405 from
/// 404.
#[derive(Clone, Default)]
pub(super) struct AllowedMethods(Arc<Vec<(ResourceDef, HeaderValue)>>);

impl AllowedMethods {
    pub(super) fn of(spec: &OpenApi) -> Self {
        let paths = spec.paths.paths.iter().filter_map(|(path, item)| {
            let methods = HeaderValue::from_str(&methods(item).join(", ")).ok()?;
            Some((ResourceDef::new(path.as_str()), methods))
        });
        Self(Arc::new(paths.collect()))
    }

    /// Returns the value of `Allow` for a path of the description.
    pub(super) fn at(&self, path: &str) -> Option<&HeaderValue> {
        self.0.iter().find(|(resource, _)| resource.is_match(path)).map(|(_, methods)| methods)
    }
}

fn methods(item: &PathItem) -> Vec<&'static str> {
    [
        ("GET", &item.get),
        ("HEAD", &item.get),
        ("POST", &item.post),
        ("PUT", &item.put),
        ("PATCH", &item.patch),
        ("DELETE", &item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.is_some().then_some(method))
    .collect()
}
