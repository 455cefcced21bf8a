use clap::Args;
use secrecy::SecretString;

/// Options for mails.
#[derive(Default, Clone, Args)]
#[command(next_help_heading = "Mail")]
pub(crate) struct MailOptions {
    /// Where mails go: `smtp://USER:PASSWORD@HOST:PORT` (STARTTLS), `smtps://…` (TLS), `smtp+insecure://…` (no TLS, in
    /// development only) or `file://FOLDER` for .eml files. Without it, no mail is sent [default: in development
    /// `file://data/mail`; otherwise none]
    #[arg(long, global = true, env = "STEWARD_MAIL_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) mail_url: Option<SecretString>,

    /// The sender of mails: `ADDRESS` or `NAME <ADDRESS>`. The name is the name of the product in the texts [default: in
    /// development `Steward <steward@example.com>`; otherwise none, and required to send mails]
    #[arg(long, global = true, env = "STEWARD_MAIL_FROM", value_name = "SENDER", hide_env_values = true)]
    pub(crate) mail_from: Option<String>,

    /// The URL of the console for users, to which the links in mails lead [default: in development the console's address;
    /// otherwise none, and required to send mails]
    #[arg(long, global = true, env = "STEWARD_PUBLIC_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) public_url: Option<String>,

    /// Whether mails that do not concern the security of an account are sent, such as the welcome: true or false
    /// [default: true]
    #[arg(long, global = true, env = "STEWARD_MAIL_NOTICES", value_name = "BOOLEAN", hide_env_values = true)]
    pub(crate) mail_notices: Option<String>,

    /// Whether a sign-in requires a confirmed e-mail address: true or false [default: false]
    #[arg(long, global = true, env = "STEWARD_REQUIRE_VERIFIED_EMAIL", value_name = "BOOLEAN", hide_env_values = true)]
    pub(crate) require_verified_email: Option<String>,
}
