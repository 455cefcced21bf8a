use clap::Args;
use secrecy::SecretString;

use super::{EdgeOptions, MailOptions, ServiceOptions, SessionOptions, SignInOptions};

pub(super) const TOKENS: &str = "Tokens and sessions";
const PASSWORDS: &str = "Passwords";
const LOG: &str = "Log";

/// The settings with an option, as unparsed texts from the command line or the environment.
///
/// `config` parses them, so that one start reports every invalid setting and an empty text counts as not set. Any of
/// them may contain a password by mistake, so the type does not print its values.
#[derive(Default, Clone, Args)]
#[command(next_help_heading = "Environment and storage")]
pub(crate) struct Options {
    /// How strict the settings are: development, staging or production. Only development generates its own key, loads
    /// the sample users and prints a banner [default: development]
    #[arg(long, global = true, env = "STEWARD_ENV", value_name = "NAME", hide_env_values = true)]
    pub(crate) env: Option<String>,

    /// The database: `postgres://USER:PASSWORD@HOST:PORT/NAME`, or `sqlite://PATH` for an embedded one [default:
    /// `sqlite://data/steward.db`]
    #[arg(long, global = true, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) database_url: Option<SecretString>,

    /// Maximum number of connections to the database that this process opens: 1 to 500 [default: 15]
    #[arg(long, global = true, env = "STEWARD_DB_POOL_SIZE", value_name = "NUMBER", hide_env_values = true)]
    pub(crate) db_pool_size: Option<String>,

    /// Redis, for the short-lived state that processes share: `redis://:PASSWORD@HOST:PORT/DATABASE`,
    /// `redis+sentinel://:PASSWORD@HOST,HOST/PRIMARY/DATABASE` or `redis+cluster://:PASSWORD@HOST:PORT,HOST:PORT`;
    /// `rediss` for TLS. Without Redis each process keeps its own state [default: none]
    #[arg(long, global = true, env = "REDIS_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) redis_url: Option<SecretString>,

    #[command(flatten)]
    pub(crate) services: ServiceOptions,

    /// Lifetime of an access token, in seconds [default: 3600]
    #[arg(
        long,
        global = true,
        env = "STEWARD_ACCESS_TOKEN_TTL",
        value_name = "SECONDS",
        hide_env_values = true,
        help_heading = TOKENS
    )]
    pub(crate) access_token_ttl: Option<String>,

    #[command(flatten)]
    pub(crate) sessions: SessionOptions,

    /// Private key that signs tokens, so that other services can verify them with the public key at
    /// /.well-known/jwks.json: a PEM file (PKCS#8), Ed25519 (`EdDSA`) or P-256 (ES256) [default: none; `SECRET_KEY`
    /// signs, HS256]
    #[arg(
        long,
        global = true,
        env = "STEWARD_SIGNING_KEY_FILE",
        value_name = "FILE",
        hide_env_values = true,
        help_heading = TOKENS
    )]
    pub(crate) signing_key_file: Option<String>,

    /// Private or public key that verifies tokens and signs none: the former signing key until its last token has
    /// expired, or the next one before it signs [default: none]
    #[arg(
        long,
        global = true,
        env = "STEWARD_SIGNING_KEY_PREVIOUS_FILE",
        value_name = "FILE",
        hide_env_values = true,
        help_heading = TOKENS
    )]
    pub(crate) signing_key_previous_file: Option<String>,

    /// Whether tokens that `SECRET_KEY` signed are valid while a signing key signs: true or false. Set it to false once
    /// the last of them has expired [default: true]
    #[arg(
        long,
        global = true,
        env = "STEWARD_ACCEPT_HS256",
        value_name = "BOOLEAN",
        hide_env_values = true,
        help_heading = TOKENS
    )]
    pub(crate) accept_hs256: Option<String>,

    /// Cost of a password hash: 10 to 15; each step doubles the time. 4 is for tests, in development only [default: 12]
    #[arg(
        long,
        global = true,
        env = "STEWARD_BCRYPT_COST",
        value_name = "COST",
        hide_env_values = true,
        help_heading = PASSWORDS
    )]
    pub(crate) bcrypt_cost: Option<String>,

    /// Minimum length of a new password, in characters: 8 to 24 [default: 8]
    #[arg(
        long,
        global = true,
        env = "STEWARD_PASSWORD_MIN_LENGTH",
        value_name = "NUMBER",
        hide_env_values = true,
        help_heading = PASSWORDS
    )]
    pub(crate) password_min_length: Option<String>,

    /// Minimum strength of a new password by zxcvbn: 0 (any password) to 4 (at least 10^10 guesses) [default: 2]
    #[arg(
        long,
        global = true,
        env = "STEWARD_PASSWORD_MIN_SCORE",
        value_name = "NUMBER",
        hide_env_values = true,
        help_heading = PASSWORDS
    )]
    pub(crate) password_min_score: Option<String>,

    /// Whether the most common passwords and those known from breaches are refused: true or false [default: true]
    #[arg(
        long,
        global = true,
        env = "STEWARD_PASSWORD_CHECK_BREACHED",
        value_name = "BOOLEAN",
        hide_env_values = true,
        help_heading = PASSWORDS
    )]
    pub(crate) password_check_breached: Option<String>,

    /// Format of the log: text or json [default: text in development, otherwise json]
    #[arg(
        long,
        global = true,
        env = "STEWARD_LOG_FORMAT",
        value_name = "FORMAT",
        hide_env_values = true,
        help_heading = LOG
    )]
    pub(crate) log_format: Option<String>,

    /// Level of the log: error, warn, info, debug or trace, for all or per module, such as `info,steward_web=debug`,
    /// which logs every request [default: info]
    #[arg(long, global = true, env = "STEWARD_LOG", value_name = "FILTER", hide_env_values = true, help_heading = LOG)]
    pub(crate) log: Option<String>,

    #[command(flatten)]
    pub(crate) sign_ins: SignInOptions,

    #[command(flatten)]
    pub(crate) mail: MailOptions,

    #[command(flatten)]
    pub(crate) edge: EdgeOptions,
}
