use actix_web::http::Method;
use steward_web::service::{Endpoint, ServiceDescription, ServiceId};

use crate::docs::{SPEC_URL, redoc, spec, swagger};
use crate::health;

/// The id of the gateway.
pub const ID: ServiceId = ServiceId::new("gateway");

/// Returns the interface of the gateway itself. The gateway also serves the endpoints of all other services.
pub fn description() -> ServiceDescription {
    let [live, ready, metrics] = steward_web::health::endpoints();
    ServiceDescription {
        id: ID,
        title: "API",
        summary: "The edge: routes, documentation pages, health, metrics",
        settings_name: "api",
        port: 8000,
        is_edge: true,
        tags: &[("health", "Health and metrics, for operators")],
        endpoints: vec![
            Endpoint::new(|| health::get_health).unlimited(),
            live,
            ready,
            metrics,
            Endpoint::undocumented(Method::GET, SPEC_URL, spec::serve).unlimited(),
            Endpoint::undocumented(Method::GET, "/docs", swagger::page).unlimited(),
            Endpoint::undocumented(Method::GET, "/docs/{file}", swagger::file).unlimited(),
            Endpoint::undocumented(Method::GET, "/redoc", redoc::page).unlimited(),
            Endpoint::undocumented(Method::GET, "/redoc/start.js", redoc::start).unlimited(),
            Endpoint::undocumented(Method::GET, "/redoc/redoc.standalone.js", redoc::bundle).unlimited(),
        ],
        internal: Vec::new(),
    }
}
