use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The state of the service and of its dependencies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// Whether the service can handle requests.
    pub status: HealthStatus,
    /// The state of the API itself.
    pub api: ApiState,
    /// The database.
    pub database: DatabaseHealth,
    /// The shared store of short-lived state.
    pub redis: RedisHealth,
}

/// Whether the service can handle requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum HealthStatus {
    /// The service can handle requests.
    Healthy,
    /// The service cannot handle requests, because the database or a service behind the gateway is unavailable.
    Unhealthy,
}

/// The state of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ApiState {
    /// The API responds.
    Running,
}

/// The state of the database, without secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DatabaseHealth {
    /// Whether the database responds.
    #[schema(example = true)]
    pub connected: bool,
    /// Its host; empty for an embedded database.
    #[schema(example = "timescaledb")]
    pub host: String,
    /// Its port, as text as in the guide; empty for an embedded database.
    #[schema(example = "5432")]
    pub port: String,
    /// Its name, or the file of an embedded database.
    #[schema(example = "secondarymarket")]
    pub database: String,
}

/// The state of the shared store of short-lived state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RedisHealth {
    /// Redis responds.
    Connected,
    /// Redis is not configured. The process keeps the state in memory.
    Disabled,
    /// Redis is configured but does not respond. The process keeps the state in memory until it does.
    Unreachable,
}

/// A response that confirms that the process runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Liveness {
    /// Always `alive`.
    #[schema(example = "alive")]
    pub status: std::borrow::Cow<'static, str>,
}

impl Default for Liveness {
    fn default() -> Self {
        Self { status: "alive".into() }
    }
}
