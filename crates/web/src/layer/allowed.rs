use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::dev::ResourceDef;
use actix_web::http::Method;
use actix_web::http::header::HeaderValue;

use crate::service::Endpoint;

/// The methods of each path of the endpoints.
///
/// Endpoints are bound to their method, so the router returns 404 for another method. This table distinguishes 405 from
/// 404.
#[derive(Clone, Default)]
pub(super) struct AllowedMethods(Arc<Vec<(ResourceDef, HeaderValue)>>);

impl AllowedMethods {
    pub(super) fn of<'e>(endpoints: impl IntoIterator<Item = &'e Endpoint>) -> Self {
        let mut paths: BTreeMap<&str, Vec<&Method>> = BTreeMap::new();
        for endpoint in endpoints {
            paths.entry(endpoint.path()).or_default().push(endpoint.method());
        }
        let paths = paths.into_iter().filter_map(|(path, methods)| {
            Some((ResourceDef::new(path), HeaderValue::from_str(&in_order(&methods)).ok()?))
        });
        Self(Arc::new(paths.collect()))
    }

    /// Returns the value of `Allow` for the path of an endpoint.
    pub(super) fn at(&self, path: &str) -> Option<&HeaderValue> {
        self.0.iter().find(|(resource, _)| resource.is_match(path)).map(|(_, methods)| methods)
    }
}

/// Returns the methods in the same order for each path. GET includes HEAD.
fn in_order(methods: &[&Method]) -> String {
    let has = |method| methods.contains(&&method);
    [
        ("GET", has(Method::GET)),
        ("HEAD", has(Method::GET)),
        ("POST", has(Method::POST)),
        ("PUT", has(Method::PUT)),
        ("PATCH", has(Method::PATCH)),
        ("DELETE", has(Method::DELETE)),
    ]
    .into_iter()
    .filter_map(|(method, is_allowed)| is_allowed.then_some(method))
    .collect::<Vec<_>>()
    .join(", ")
}
