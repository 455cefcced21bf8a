//! The command line: commands, options and their help.

mod edge;
pub(crate) mod help;
mod mail;
mod options;
mod services;
mod sessions;
mod sign_ins;

use clap::error::{ContextKind, ContextValue};
use clap::{Args, Parser, Subcommand};
use steward_domain::Email;
use steward_web::service::ServiceId;

use crate::redaction::without_password;
pub(crate) use edge::EdgeOptions;
pub(crate) use mail::MailOptions;
pub(crate) use options::Options;
pub(crate) use services::{ServiceOptions, Services, address_variable, services_with_url, url_variable};
pub(crate) use sessions::SessionOptions;
pub(crate) use sign_ins::SignInOptions;

/// Manages the user accounts of a product: sign-in, administration, audit, analytics.
///
/// Without a command it serves everything in one process, with an embedded database and no setup.
#[derive(Parser)]
#[command(
    name = "steward",
    version,
    propagate_version = true,
    after_long_help = help::after_long_help(),
    after_help = help::MORE
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    pub(crate) options: Options,
}

impl Cli {
    /// Parses the command line. An invalid one ends the process with a message, which never shows a password.
    pub(crate) fn read() -> Self {
        Self::try_parse().unwrap_or_else(|mut error| {
            let shown = |(kind, value): (ContextKind, &ContextValue)| match value {
                ContextValue::String(text) if text.contains('@') => {
                    Some((kind, ContextValue::String(without_password(text))))
                }
                _ => None,
            };
            let shown: Vec<_> = error.context().filter_map(shown).collect();
            for (kind, value) in shown {
                error.insert(kind, value);
            }
            error.exit()
        })
    }

    /// The command and the options.
    pub(crate) fn into_parts(self) -> (Command, Options) {
        (self.command.unwrap_or_else(|| Command::Serve(Serve::default())), self.options)
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the API; the default without a command
    Serve(Serve),
    /// Apply the pending migrations to the database, and exit
    ///
    /// `serve` applies them too. The command is safe while servers run, and several may run at once.
    Migrate,
    /// Load the ten sample users into an empty database, and exit
    ///
    /// In development `serve` loads them too. A database that holds any user stays unchanged. The passwords are
    /// published, so production refuses the command; `create-admin` creates the first account there.
    SampleData,
    /// Create a super_admin
    ///
    /// Asks for the password twice on a terminal; otherwise reads it from standard input:
    /// `steward create-admin --user-id ops --email ops@example.com --name Ops < password.txt`
    CreateAdmin(CreateAdmin),
    /// Print the OpenAPI description of the API as JSON, and exit
    Openapi,
    /// Print the reference of all settings and commands as Markdown, and exit
    #[command(hide = true)]
    Docs,
    /// Check settings, database, Redis, mail, clock and ports, and print how to fix each fault
    ///
    /// Exits with 0 if every check passes. It opens a connection to the mail server; with `--mail-to` it sends a test mail. With `--live` it only asks the server that runs with the same settings
    /// whether it is ready: the health check of a container.
    Doctor(Doctor),
}

/// Options of `serve`.
#[derive(Debug, Default, Args)]
pub(crate) struct Serve {
    /// Serve only this service; repeatable. Each service then listens on its own address, and calls services of other
    /// processes over HTTP [default: all in one process]
    #[arg(long, value_name = "SERVICE", value_parser = services::service_id())]
    only: Vec<ServiceId>,
}

impl Serve {
    /// The services to run, and whether each has its own address.
    pub(crate) fn services(&self) -> Services {
        Services::only(&self.only)
    }
}

/// Options of `create-admin`.
#[derive(Debug, Args)]
pub(crate) struct CreateAdmin {
    /// The user id to sign in with: 3 to 100 of A-Z a-z 0-9 . _ -
    #[arg(long, value_name = "ID")]
    pub(crate) user_id: String,
    /// The e-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: String,
    /// The display name [default: the user id]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
}

/// Options of `doctor`.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Ask the running server whether it is ready; exit with 0 if it is, else with 1
    #[arg(long)]
    pub(crate) live: bool,
    /// With `--live`: the service to ask, on the address that it listens on
    #[arg(long, value_name = "SERVICE", value_parser = services::service_id(), default_value = "gateway", requires = "live")]
    pub(crate) only: ServiceId,
    /// Send a test mail to this address, with the settings of mails [default: none is sent]
    #[arg(long, value_name = "ADDRESS", value_parser = Email::parse, conflicts_with = "live")]
    pub(crate) mail_to: Option<Email>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::services::descriptions;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn without_a_command_all_services_share_one_address() {
        let (command, _) = Cli::try_parse_from(["steward"]).unwrap().into_parts();
        let Command::Serve(serve) = command else { panic!("{command:?}") };
        let services = serve.services();
        assert!(!services.split && descriptions().all(|service| services.has(service.id)));
    }

    #[test]
    fn only_is_repeatable_and_settings_follow_the_command() {
        let line = ["steward", "serve", "--only", "auth", "--only", "admin", "--bcrypt-cost", "11"];
        let (command, options) = Cli::try_parse_from(line).unwrap().into_parts();
        let Command::Serve(serve) = command else { panic!("{command:?}") };
        let services = serve.services();
        assert!(services.split && !services.has(steward_gateway::ID) && services.has(steward_admin_service::ID));
        assert_eq!(options.bcrypt_cost.as_deref(), Some("11"));
    }

    #[test]
    fn the_recipient_of_a_test_mail_is_an_address() {
        let parse = |arguments: &[&str]| Cli::try_parse_from([&["steward", "doctor"], arguments].concat());
        let Command::Doctor(doctor) = parse(&["--mail-to", "Ops@example.com"]).unwrap().into_parts().0 else {
            panic!("another command")
        };
        assert_eq!(doctor.mail_to, Some(Email::parse("ops@example.com").unwrap()));
        for arguments in [&["--mail-to", "ops"][..], &["--mail-to"], &["--live", "--mail-to", "ops@example.com"]] {
            assert!(parse(arguments).is_err(), "{arguments:?}");
        }
    }

    #[test]
    fn every_option_has_a_variable_and_a_help_text() {
        let mut command = Cli::command();
        command.build();
        for argument in command.get_arguments().filter(|a| !matches!(a.get_id().as_str(), "help" | "version")) {
            assert!(argument.get_env().is_some(), "{} has no variable", argument.get_id());
            assert!(argument.get_help().is_some(), "{} has no help", argument.get_id());
        }
        let help = command.render_long_help().to_string();
        for text in ["DATABASE_URL", "[default: 12", "admin / admin123", "SECRET_KEY_PREVIOUS"] {
            assert!(help.contains(text), "{text} is not in the help");
        }
    }
}
