use clap::Args;

/// Options of the gateway: trusted proxies, allowed origins, limits.
#[derive(Default, Clone, Args)]
#[command(next_help_heading = "Proxies, connections and rate limits")]
pub(crate) struct EdgeOptions {
    /// Proxies in front of the gateway or the console that are trusted with the client's address (`X-Forwarded-For`,
    /// otherwise `Forwarded`): addresses and networks, separated by commas, such as 10.0.0.0/8,192.0.2.7. A listed
    /// proxy must set or remove `X-Forwarded-For`; one that rewrites `Host` must set `X-Forwarded-Host` [default: none]
    #[arg(long, global = true, env = "STEWARD_TRUSTED_PROXIES", value_name = "NETWORKS", hide_env_values = true)]
    pub(crate) trusted_proxies: Option<String>,

    /// Other sites whose pages may call the API (CORS): origins separated by commas, such as `https://app.example.com`
    /// [default: none]
    #[arg(long, global = true, env = "STEWARD_CORS_ORIGINS", value_name = "ORIGINS", hide_env_values = true)]
    pub(crate) cors_origins: Option<String>,

    /// Maximum number of open connections of this process. At the limit a new connection replaces one whose client is
    /// idle or does not read [default: 2048, or fewer if the limit on open files is low]
    #[arg(long, global = true, env = "STEWARD_MAX_CONNECTIONS", value_name = "NUMBER", hide_env_values = true)]
    pub(crate) max_connections: Option<String>,

    /// Maximum number of open connections from one address; an IPv6 /64 network counts as one address. Trusted proxies
    /// and other services are exempt [default: two thirds of `STEWARD_MAX_CONNECTIONS`]
    #[arg(
        long,
        global = true,
        env = "STEWARD_MAX_CONNECTIONS_PER_ADDRESS",
        value_name = "NUMBER",
        hide_env_values = true
    )]
    pub(crate) max_connections_per_address: Option<String>,

    /// Sign-ins per address: 60/min, 60/min:20 for a burst of at most 20, or off; per sec, min, hour or day [default:
    /// 60/min; 6000/min in development]
    #[arg(long, global = true, env = "STEWARD_LIMIT_LOGIN", value_name = "QUOTA", hide_env_values = true)]
    pub(crate) limit_login: Option<String>,

    /// Registrations per address [default: 20/min; 6000/min in development]
    #[arg(long, global = true, env = "STEWARD_LIMIT_REGISTER", value_name = "QUOTA", hide_env_values = true)]
    pub(crate) limit_register: Option<String>,

    /// Token refreshes per address [default: 120/min; 6000/min in development]
    #[arg(long, global = true, env = "STEWARD_LIMIT_REFRESH", value_name = "QUOTA", hide_env_values = true)]
    pub(crate) limit_refresh: Option<String>,

    /// Password changes, resets, strength checks and users created by administrators, per address [default: 30/min; 6000/min in development]
    #[arg(long, global = true, env = "STEWARD_LIMIT_PASSWORD", value_name = "QUOTA", hide_env_values = true)]
    pub(crate) limit_password: Option<String>,

    /// Requests that send a mail, per address [default: 10/min; 6000/min in development]
    #[arg(long, global = true, env = "STEWARD_LIMIT_MAIL", value_name = "QUOTA", hide_env_values = true)]
    pub(crate) limit_mail: Option<String>,

    /// API calls per token [default: 6000/min; 10000000/min in development]
    #[arg(long, global = true, env = "STEWARD_LIMIT_API_TOKEN", value_name = "QUOTA", hide_env_values = true)]
    pub(crate) limit_api_token: Option<String>,

    /// API calls per address; an IPv6 /64 network counts as one address [default: 12000/min; 10000000/min in
    /// development]
    #[arg(long, global = true, env = "STEWARD_LIMIT_API_ADDRESS", value_name = "QUOTA", hide_env_values = true)]
    pub(crate) limit_api_address: Option<String>,
}
