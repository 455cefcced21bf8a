use steward_web::service::{ServiceDescription, ServiceId};

/// The id of the console.
pub const ID: ServiceId = ServiceId::new("console");

/// Returns the interface of the console: pages for browsers, which [`Console::routes`](crate::Console::routes) mounts,
/// and no API.
pub fn description() -> ServiceDescription {
    ServiceDescription {
        id: ID,
        title: "Console",
        summary: "The web console",
        settings_name: "console",
        port: 8501,
        is_edge: true,
        tags: &[],
        endpoints: Vec::new(),
        internal: Vec::new(),
    }
}
