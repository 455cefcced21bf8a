use steward_web::service::{ServiceDescription, ServiceId};

/// The id of the worker.
pub const ID: ServiceId = ServiceId::new("worker");

/// Returns the interface of the worker. In a process of its own it serves only its health and its metrics.
pub fn description() -> ServiceDescription {
    ServiceDescription {
        id: ID,
        title: "Worker",
        summary: "Background tasks of all services",
        settings_name: "worker",
        port: 8003,
        is_edge: false,
        tags: &[],
        endpoints: Vec::new(),
        internal: Vec::new(),
    }
}
