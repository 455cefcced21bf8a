use clap::Args;

/// How long sessions are good for.
#[derive(Debug, Default, Clone, Args)]
#[command(next_help_heading = "Settings")]
pub(crate) struct SessionOptions {
    /// How long after the sign-in a session ends, however often it is refreshed, in seconds [default: 2592000, 30 days]
    #[arg(long, global = true, env = "STEWARD_SESSION_TTL", value_name = "SECONDS", hide_env_values = true)]
    pub(crate) session_ttl: Option<String>,

    /// How long after the last refresh a session ends, in seconds [default: 604800, 7 days]
    #[arg(long, global = true, env = "STEWARD_SESSION_IDLE_TTL", value_name = "SECONDS", hide_env_values = true)]
    pub(crate) session_idle_ttl: Option<String>,

    /// How long after its use a refresh token may be sent again, by a client that got no answer, in seconds: 0 to 60;
    /// after that a second use ends the session [default: 10]
    #[arg(long, global = true, env = "STEWARD_REFRESH_GRACE", value_name = "SECONDS", hide_env_values = true)]
    pub(crate) refresh_grace: Option<String>,
}
