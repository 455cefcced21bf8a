use clap::Args;
use secrecy::SecretString;

use super::{EdgeOptions, SessionOptions, SignInOptions};

/// The settings that may be given on the command line, as they were written there or in the environment.
///
/// They are texts, read by `config`: so every wrong one is told at once, and an empty one counts as not given. Any may
/// hold a password by mistake, so none can be printed.
#[derive(Default, Clone, Args)]
#[command(next_help_heading = "Settings")]
pub(crate) struct Options {
    /// How strict to be: development, staging, production. Only development makes its own key, loads sample users
    /// and shows a banner [default: development]
    #[arg(long, global = true, env = "STEWARD_ENV", value_name = "NAME", hide_env_values = true)]
    pub(crate) env: Option<String>,

    /// Where the data lies: `postgres://USER:PASSWORD@HOST:PORT/NAME`, or `sqlite://PATH` for an embedded database
    /// [default: `sqlite://data/steward.db`]
    #[arg(long, global = true, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) database_url: Option<SecretString>,

    /// Most connections to the database that this process keeps, 1 to 500 [default: 15]
    #[arg(long, global = true, env = "STEWARD_DB_POOL_SIZE", value_name = "NUMBER", hide_env_values = true)]
    pub(crate) db_pool_size: Option<String>,

    /// Redis for short-lived state that processes share: `redis://:PASSWORD@HOST:PORT/DATABASE`,
    /// `redis+sentinel://:PASSWORD@HOST,HOST/PRIMARY/DATABASE` or `redis+cluster://:PASSWORD@HOST:PORT,HOST:PORT`; rediss
    /// for TLS. Without it each process keeps that state itself [default: none]
    #[arg(long, global = true, env = "REDIS_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) redis_url: Option<SecretString>,

    /// Where the gateway listens; port 0 takes a free one [default: 127.0.0.1:8000]
    #[arg(long, global = true, env = "STEWARD_API_ADDR", value_name = "ADDRESS", hide_env_values = true)]
    pub(crate) api_addr: Option<String>,

    /// Where the web console listens; port 0 takes a free one [default: 127.0.0.1:8501]
    #[arg(long, global = true, env = "STEWARD_CONSOLE_ADDR", value_name = "ADDRESS", hide_env_values = true)]
    pub(crate) console_addr: Option<String>,

    /// Where the auth service listens when it runs alone [default: 127.0.0.1:8001]
    #[arg(long, global = true, env = "STEWARD_AUTH_ADDR", value_name = "ADDRESS", hide_env_values = true)]
    pub(crate) auth_addr: Option<String>,

    /// Where the admin service listens when it runs alone [default: 127.0.0.1:8002]
    #[arg(long, global = true, env = "STEWARD_ADMIN_ADDR", value_name = "ADDRESS", hide_env_values = true)]
    pub(crate) admin_addr: Option<String>,

    /// Where a console that runs alone reaches the gateway [default: http:// and its address]
    #[arg(long, global = true, env = "STEWARD_API_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) api_url: Option<String>,

    /// Where the others reach the auth service [default: http:// and its address]
    #[arg(long, global = true, env = "STEWARD_AUTH_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) auth_url: Option<String>,

    /// Where the gateway reaches the admin service [default: http:// and its address]
    #[arg(long, global = true, env = "STEWARD_ADMIN_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) admin_url: Option<String>,

    /// How long an access token is good, in seconds [default: 3600]
    #[arg(long, global = true, env = "STEWARD_ACCESS_TOKEN_TTL", value_name = "SECONDS", hide_env_values = true)]
    pub(crate) access_token_ttl: Option<String>,

    #[command(flatten)]
    pub(crate) sessions: SessionOptions,

    /// The private key that signs tokens, so that others can check them with its public half (/.well-known/jwks.json):
    /// a PEM file (PKCS#8), Ed25519 (`EdDSA`) or P-256 (ES256) [default: none; `SECRET_KEY` signs, HS256]
    #[arg(long, global = true, env = "STEWARD_SIGNING_KEY_FILE", value_name = "FILE", hide_env_values = true)]
    pub(crate) signing_key_file: Option<String>,

    /// A key that checks tokens and signs none, private or public: the one before the signing key, until the last token
    /// that it signed has expired; or the one to come, which others are to know before it signs [default: none]
    #[arg(long, global = true, env = "STEWARD_SIGNING_KEY_PREVIOUS_FILE", value_name = "FILE", hide_env_values = true)]
    pub(crate) signing_key_previous_file: Option<String>,

    /// Whether tokens that `SECRET_KEY` signed are good although a signing key signs now: true, false. To be false once
    /// the last of them has expired [default: true]
    #[arg(long, global = true, env = "STEWARD_ACCEPT_HS256", value_name = "BOOLEAN", hide_env_values = true)]
    pub(crate) accept_hs256: Option<String>,

    /// How costly a password is to hash, and to guess: 10 to 15; each step doubles it. 4 is for tests, in development
    /// only [default: 12]
    #[arg(long, global = true, env = "STEWARD_BCRYPT_COST", value_name = "COST", hide_env_values = true)]
    pub(crate) bcrypt_cost: Option<String>,

    /// Least length of a password that is set from now on, in characters: 8 to 24 [default: 8]
    #[arg(long, global = true, env = "STEWARD_PASSWORD_MIN_LENGTH", value_name = "NUMBER", hide_env_values = true)]
    pub(crate) password_min_length: Option<String>,

    /// How hard to guess a password has to be that is set from now on: 0 (anything will do) to 4 (withstands 10^10
    /// guesses), as zxcvbn estimates it [default: 2]
    #[arg(long, global = true, env = "STEWARD_PASSWORD_MIN_SCORE", value_name = "NUMBER", hide_env_values = true)]
    pub(crate) password_min_score: Option<String>,

    /// Whether passwords are refused that are among the commonest or known from breaches: true, false [default: true]
    #[arg(
        long,
        global = true,
        env = "STEWARD_PASSWORD_CHECK_BREACHED",
        value_name = "BOOLEAN",
        hide_env_values = true
    )]
    pub(crate) password_check_breached: Option<String>,

    /// How the log is written: text, json [default: text in development, else json]
    #[arg(long, global = true, env = "STEWARD_LOG_FORMAT", value_name = "FORMAT", hide_env_values = true)]
    pub(crate) log_format: Option<String>,

    /// What is logged: error, warn, info, debug, trace, or per part, such as `info,steward_web=debug`, which logs
    /// every request [default: info]
    #[arg(long, global = true, env = "STEWARD_LOG", value_name = "FILTER", hide_env_values = true)]
    pub(crate) log: Option<String>,

    #[command(flatten)]
    pub(crate) sign_ins: SignInOptions,

    #[command(flatten)]
    pub(crate) edge: EdgeOptions,
}
