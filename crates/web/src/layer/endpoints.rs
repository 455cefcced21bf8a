use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::dev::ResourceDef;
use actix_web::http::Method;
use actix_web::http::header::HeaderValue;

use crate::ProblemRenderer;
use crate::service::Endpoint;

/// The paths of the endpoints.
#[derive(Clone, Default)]
pub(super) struct EndpointPaths(Arc<Vec<EndpointPath>>);

/// A path with at least one endpoint.
pub(super) struct EndpointPath {
    resource: ResourceDef,
    /// The value of `Allow`.
    ///
    /// Endpoints are bound to their method, so the router returns 404 for another method. The methods distinguish 405
    /// from 404.
    pub(super) allow: HeaderValue,
    /// The form of every error response at this path.
    pub(super) renderer: ProblemRenderer,
}

impl EndpointPath {
    /// Whether an endpoint of this path has the method.
    pub(super) fn has(&self, method: &Method) -> bool {
        self.allow.to_str().is_ok_and(|allowed| allowed.split(", ").any(|allowed| allowed == method.as_str()))
    }
}

impl EndpointPaths {
    pub(super) fn of<'e>(endpoints: impl IntoIterator<Item = &'e Endpoint>) -> Self {
        let mut by_path: BTreeMap<&str, Vec<&Endpoint>> = BTreeMap::new();
        for endpoint in endpoints {
            by_path.entry(endpoint.path()).or_default().push(endpoint);
        }
        let paths = by_path.into_iter().filter_map(|(path, endpoints)| {
            Some(EndpointPath {
                resource: ResourceDef::new(path),
                allow: HeaderValue::from_str(&allowed_methods(&endpoints)).ok()?,
                renderer: endpoints.iter().find_map(|endpoint| endpoint.renderer()).unwrap_or_default(),
            })
        });
        Self(Arc::new(paths.collect()))
    }

    /// Returns the entry for the path of a request, which is percent-decoded like the router's.
    pub(super) fn at(&self, path: &str) -> Option<&EndpointPath> {
        self.0.iter().find(|entry| entry.resource.is_match(path))
    }
}

/// Returns the methods in the same order for each path. GET includes HEAD.
fn allowed_methods(endpoints: &[&Endpoint]) -> String {
    let has = |method| endpoints.iter().any(|endpoint| endpoint.method() == method);
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
