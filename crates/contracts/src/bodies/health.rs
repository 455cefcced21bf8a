use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the service and what it stands on are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// Whether requests can be served.
    pub status: HealthStatus,
    /// The API itself: it answers.
    pub api: ApiState,
    /// The database.
    pub database: DatabaseHealth,
    /// The shared short-lived state.
    pub redis: RedisHealth,
}

/// Whether requests can be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum HealthStatus {
    /// They can.
    Healthy,
    /// They cannot: the database, or a service behind the gateway, is away.
    Unhealthy,
}

/// That the API answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ApiState {
    /// It does.
    Running,
}

/// The database, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DatabaseHealth {
    /// Whether it answers.
    #[schema(example = true)]
    pub connected: bool,
    /// Its host; empty for an embedded one.
    #[schema(example = "timescaledb")]
    pub host: String,
    /// Its port, as text as in the guide; empty for an embedded one.
    #[schema(example = "5432")]
    pub port: String,
    /// Its name, or the file of an embedded one.
    #[schema(example = "secondarymarket")]
    pub database: String,
}

/// The shared short-lived state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RedisHealth {
    /// Redis answers.
    Connected,
    /// No Redis is configured: the process keeps that state itself.
    Disabled,
    /// Redis is configured and does not answer: the process keeps that state itself meanwhile.
    Unreachable,
}

/// That the process runs.
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
