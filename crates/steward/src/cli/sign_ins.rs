use clap::Args;

/// How guessing is stopped, and how long it is remembered who tried.
#[derive(Debug, Default, Clone, Args)]
#[command(next_help_heading = "Settings")]
pub(crate) struct SignInOptions {
    /// After how many failed sign-ins a device or address is locked out of the account that it tries [default: 5]
    #[arg(long, global = true, env = "STEWARD_LOCKOUT_FAILURES", value_name = "NUMBER", hide_env_values = true)]
    pub(crate) lockout_failures: Option<String>,

    /// For how many seconds it is locked out; twice as long after each further failure [default: 60]
    #[arg(long, global = true, env = "STEWARD_LOCKOUT_SECONDS", value_name = "SECONDS", hide_env_values = true)]
    pub(crate) lockout_seconds: Option<String>,

    /// For how many seconds at the most [default: 900]
    #[arg(long, global = true, env = "STEWARD_LOCKOUT_MAX_SECONDS", value_name = "SECONDS", hide_env_values = true)]
    pub(crate) lockout_max_seconds: Option<String>,

    /// After how many failures from everywhere an account is slowed down, to one attempt per second at first and per
    /// half a minute in the end, for all whom its owner never signed in from [default: 20]
    #[arg(long, global = true, env = "STEWARD_SLOWDOWN_FAILURES", value_name = "NUMBER", hide_env_values = true)]
    pub(crate) slowdown_failures: Option<String>,

    /// For how many days attempts to sign in are kept [default: 90]
    #[arg(long, global = true, env = "STEWARD_SIGN_IN_RETENTION_DAYS", value_name = "DAYS", hide_env_values = true)]
    pub(crate) sign_in_retention_days: Option<String>,

    /// User ids that users cannot choose when they register, separated by commas, or `none`; compared without case and
    /// without `.`, `_` and `-` [default: admin, root, system, support and others that look like the program or its
    /// operators]
    #[arg(long, global = true, env = "STEWARD_RESERVED_USER_IDS", value_name = "IDS", hide_env_values = true)]
    pub(crate) reserved_user_ids: Option<String>,
}
