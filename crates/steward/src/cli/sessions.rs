use clap::Args;

use super::options::TOKENS;

/// Options for the lifetimes of sessions.
#[derive(Debug, Default, Clone, Args)]
#[command(next_help_heading = TOKENS)]
pub(crate) struct SessionOptions {
    /// Lifetime of a session after the sign-in, in seconds, however often it is refreshed [default: 2592000, 30 days]
    #[arg(long, global = true, env = "STEWARD_SESSION_TTL", value_name = "SECONDS", hide_env_values = true)]
    pub(crate) session_ttl: Option<String>,

    /// Lifetime of a session after its last refresh, in seconds [default: 604800, 7 days]
    #[arg(long, global = true, env = "STEWARD_SESSION_IDLE_TTL", value_name = "SECONDS", hide_env_values = true)]
    pub(crate) session_idle_ttl: Option<String>,

    /// Seconds after its use in which a client that got no answer may send a refresh token again: 0 to 60. A later
    /// second use ends the session [default: 10]
    #[arg(long, global = true, env = "STEWARD_REFRESH_GRACE", value_name = "SECONDS", hide_env_values = true)]
    pub(crate) refresh_grace: Option<String>,
}
