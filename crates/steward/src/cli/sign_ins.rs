use clap::Args;

/// Options for lock-outs, stored sign-in attempts, reserved user ids and names.
#[derive(Debug, Default, Clone, Args)]
#[command(next_help_heading = "Sign-in and registration")]
pub(crate) struct SignInOptions {
    /// Number of failed sign-ins that lock a device or address out of the account [default: 5]
    #[arg(long, global = true, env = "STEWARD_LOCKOUT_FAILURES", value_name = "NUMBER", hide_env_values = true)]
    pub(crate) lockout_failures: Option<String>,

    /// Length of the first lock-out, in seconds; each further failure doubles it [default: 60]
    #[arg(long, global = true, env = "STEWARD_LOCKOUT_SECONDS", value_name = "SECONDS", hide_env_values = true)]
    pub(crate) lockout_seconds: Option<String>,

    /// Length of the longest lock-out, in seconds [default: 900]
    #[arg(long, global = true, env = "STEWARD_LOCKOUT_MAX_SECONDS", value_name = "SECONDS", hide_env_values = true)]
    pub(crate) lockout_max_seconds: Option<String>,

    /// Number of failed sign-ins, from all unknown devices and addresses together, that slow the account down for them:
    /// to one attempt per second at first, and to one per 30 seconds in the end. A device or address is known if the
    /// owner signed in from it [default: 20]
    #[arg(long, global = true, env = "STEWARD_SLOWDOWN_FAILURES", value_name = "NUMBER", hide_env_values = true)]
    pub(crate) slowdown_failures: Option<String>,

    /// Days for which sign-in attempts are kept [default: 90]
    #[arg(long, global = true, env = "STEWARD_SIGN_IN_RETENTION_DAYS", value_name = "DAYS", hide_env_values = true)]
    pub(crate) sign_in_retention_days: Option<String>,

    /// User ids that users cannot choose at registration, separated by commas, or `none`; compared without case and
    /// without `.`, `_` and `-` [default: admin, root, system, support and others that look like the program or its
    /// operators]
    #[arg(long, global = true, env = "STEWARD_RESERVED_USER_IDS", value_name = "IDS", hide_env_values = true)]
    pub(crate) reserved_user_ids: Option<String>,

    /// Whether users may change their own name: true or false [default: true]
    #[arg(long, global = true, env = "STEWARD_ALLOW_NAME_CHANGE", value_name = "BOOL", hide_env_values = true)]
    pub(crate) allow_name_change: Option<String>,
}
