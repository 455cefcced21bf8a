use clap::Args;

/// What the gateway does at the edge: whom it believes, and how much it lets in.
#[derive(Default, Clone, Args)]
#[command(next_help_heading = "Settings of the gateway, and limits of every process")]
pub(crate) struct EdgeOptions {
    /// Proxies in front of the gateway whose word on the client's address counts (X-Forwarded-For, Forwarded): addresses
    /// and networks, separated by commas, such as 10.0.0.0/8,192.0.2.7. A proxy in front of the console that rewrites Host
    /// must set X-Forwarded-Host and be listed here [default: none]
    #[arg(long, global = true, env = "STEWARD_TRUSTED_PROXIES", value_name = "NETWORKS", hide_env_values = true)]
    pub(crate) trusted_proxies: Option<String>,

    /// Other sites whose pages may call the API (CORS): origins separated by commas, such as
    /// `https://app.example.com` [default: none]
    #[arg(long, global = true, env = "STEWARD_CORS_ORIGINS", value_name = "ORIGINS", hide_env_values = true)]
    pub(crate) cors_origins: Option<String>,

    /// Connections that a process keeps open at once, at most; one too many takes the place of one whose client is idle
    /// or does not read [default: 2048, or what the limit on open files leaves]
    #[arg(long, global = true, env = "STEWARD_MAX_CONNECTIONS", value_name = "NUMBER", hide_env_values = true)]
    pub(crate) max_connections: Option<String>,

    /// Connections from one address, at most; of IPv6, a /64 network counts as one. Trusted proxies and other services
    /// are not limited [default: two thirds of all]
    #[arg(
        long,
        global = true,
        env = "STEWARD_MAX_CONNECTIONS_PER_ADDRESS",
        value_name = "NUMBER",
        hide_env_values = true
    )]
    pub(crate) max_connections_per_address: Option<String>,

    /// How often an address may try to sign in: 60/min, 60/min:20 for at most 20 of them at once, or off; per sec, min,
    /// hour or day [default: 60/min; 6000/min in development]
    #[arg(long, global = true, env = "STEWARD_LIMIT_LOGIN", value_name = "QUOTA", hide_env_values = true)]
    pub(crate) limit_login: Option<String>,

    /// How often an address may register [default: 20/min; 6000/min in development]
    #[arg(long, global = true, env = "STEWARD_LIMIT_REGISTER", value_name = "QUOTA", hide_env_values = true)]
    pub(crate) limit_register: Option<String>,

    /// How often an address may refresh its tokens [default: 120/min; 6000/min in development]
    #[arg(long, global = true, env = "STEWARD_LIMIT_REFRESH", value_name = "QUOTA", hide_env_values = true)]
    pub(crate) limit_refresh: Option<String>,

    /// How often an address may change, reset or try out passwords [default: 30/min; 6000/min in development]
    #[arg(long, global = true, env = "STEWARD_LIMIT_PASSWORD", value_name = "QUOTA", hide_env_values = true)]
    pub(crate) limit_password: Option<String>,

    /// How often a token may be used [default: 6000/min; 10000000/min in development]
    #[arg(long, global = true, env = "STEWARD_LIMIT_API_TOKEN", value_name = "QUOTA", hide_env_values = true)]
    pub(crate) limit_api_token: Option<String>,

    /// How often an address may call the API; of IPv6, a /64 network counts as one [default: 12000/min; 10000000/min in
    /// development]
    #[arg(long, global = true, env = "STEWARD_LIMIT_API_ADDRESS", value_name = "QUOTA", hide_env_values = true)]
    pub(crate) limit_api_address: Option<String>,
}
