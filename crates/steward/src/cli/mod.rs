//! The command line: what can be asked for, and the help that teaches it.

mod edge;
mod options;
mod sessions;
mod sign_ins;

use std::collections::BTreeSet;

use clap::error::{ContextKind, ContextValue};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::without_password;
pub(crate) use edge::EdgeOptions;
pub(crate) use options::Options;
pub(crate) use sessions::SessionOptions;
pub(crate) use sign_ins::SignInOptions;

/// Runs the user accounts of a product: sign-in, administration, audit, analytics.
///
/// Without a command it serves everything in one process, with an embedded database: nothing needs to be set up.
#[derive(Parser)]
#[command(name = "steward", version, propagate_version = true, after_long_help = EXAMPLES, after_help = MORE)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    pub(crate) options: Options,
}

impl Cli {
    /// Reads the command line; one that cannot be read ends the process with a message that shows no password of it.
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

    /// What to do, and with which options.
    pub(crate) fn into_parts(self) -> (Command, Options) {
        (self.command.unwrap_or_else(|| Command::Serve(Serve::default())), self.options)
    }
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the API (what happens without a command)
    Serve(Serve),
    /// Apply the pending migrations to the database, and exit
    ///
    /// `serve` does so by itself. It is safe to run while servers run, and several at once.
    Migrate,
    /// Load the ten sample users into an empty database, and exit
    ///
    /// In development `serve` does so by itself. A database that holds any user is left as it is. Their passwords are
    /// published, so production refuses it; `create-admin` creates the first account there.
    SampleData,
    /// Create a super_admin
    ///
    /// Asks for the password, twice; reads it from standard input where that is no terminal:
    /// `steward create-admin --user-id ops --email ops@example.com --name Ops < password.txt`
    CreateAdmin(CreateAdmin),
    /// Print the OpenAPI description of the API as JSON, and exit
    Openapi,
    /// Check settings, database, Redis, clock and ports, and say how to fix what is wrong
    ///
    /// Exits with 0 when nothing is wrong. With `--live` it asks the server that runs with the same settings whether
    /// it is ready, and nothing else: the health check of a container.
    Doctor(Doctor),
}

/// Options of `serve`.
#[derive(Debug, Default, Args)]
pub(crate) struct Serve {
    /// Serve only this; may be given several times
    ///
    /// Each service then listens at its own address, and asks those that are not in this process over HTTP.
    #[arg(long, value_name = "SERVICE", value_enum)]
    only: Vec<Service>,
}

impl Serve {
    /// What to serve, and whether each service is to have an address of its own.
    pub(crate) fn services(&self) -> Services {
        match self.only.as_slice() {
            [] => Services { set: Service::ALL.into(), apart: false },
            only => Services { set: only.iter().copied().collect(), apart: true },
        }
    }
}

/// What one process serves.
#[derive(Debug, Clone)]
pub(crate) struct Services {
    /// The services.
    pub(crate) set: BTreeSet<Service>,
    /// Whether each listens at its own address; otherwise the gateway's address serves all but the console.
    pub(crate) apart: bool,
}

impl Services {
    /// Whether this process runs `service`.
    pub(crate) fn has(&self, service: Service) -> bool {
        self.set.contains(&service)
    }

    /// The services that have an address in this process; the gateway's serves those that are not apart.
    pub(crate) fn listening(&self) -> Vec<Service> {
        if self.apart { self.set.iter().copied().collect() } else { vec![Service::Gateway, Service::Console] }
    }
}

/// A service that can run in a process of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Service {
    /// The edge: routes, documentation pages, health, metrics.
    Gateway,
    /// Sign-in, sessions, passwords.
    Auth,
    /// User administration, audit trail, analytics.
    Admin,
    /// The web console.
    Console,
}

impl Service {
    pub(crate) const ALL: [Self; 4] = [Self::Gateway, Self::Auth, Self::Admin, Self::Console];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Auth => "auth",
            Self::Admin => "admin",
            Self::Console => "console",
        }
    }
}

/// Options of `create-admin`.
#[derive(Debug, Args)]
pub(crate) struct CreateAdmin {
    /// What the super_admin signs in with: 3 to 100 of A-Z a-z 0-9 . _ -
    #[arg(long, value_name = "ID")]
    pub(crate) user_id: String,
    /// Their e-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: String,
    /// How they are called; the user id where it is not given
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
}

/// Options of `doctor`.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Ask the running server whether it is ready; exit with 0 if so, else with 1
    #[arg(long)]
    pub(crate) live: bool,
    /// With `--live`: ask this service, at the address it listens on
    #[arg(long, value_name = "SERVICE", value_enum, default_value = "gateway", requires = "live")]
    pub(crate) only: Service,
}

const MORE: &str = "Every option's variable, examples and sample log-ins: steward --help";

const EXAMPLES: &str = "\
Settings:
  Every setting is an environment variable, and most are options too; the option wins. A file `.env` in the working
  directory is read; the real environment wins over it. An empty variable counts as not set.
  Secrets are variables alone, so that no list of processes shows them:
    SECRET_KEY           Signs tokens unless STEWARD_SIGNING_KEY_FILE does, and other keys are derived from it: at least
                         32 random bytes, such as `openssl rand -base64 48` prints. In development one is made and kept
                         in the data folder; elsewhere keys that can be guessed are refused
    SECRET_KEY_PREVIOUS  Still accepted for checking tokens, never for signing: change the key, log nobody out
    STEWARD_SERVICE_KEY  Signs what services say to each other. Derived from SECRET_KEY where it is not set
  They, DATABASE_URL and REDIS_URL are also read from the file that the variable with _FILE at its end names:
    SECRET_KEY_FILE=/run/secrets/secret_key
  Keys are changed in three steps, each of them a restart, and nobody is logged out by it: the new key beside the old
  one as the previous one, so that all know it; the two changed over; the new key alone, once what the old one signed
  has expired. Give the new signing key five minutes between the first two, in which others hear of it.

Stopping:
  SIGTERM, SIGINT (Ctrl-C) and SIGQUIT stop `serve`: it accepts no more connections, finishes what is in flight within
  10 seconds, and exits with 0; with 3 if it had to cut requests that took longer, which it counts in the log; with 130
  at once if it is asked a second time. SIGHUP, SIGUSR1 and SIGUSR2 are ignored.

Examples:
  steward
      The API at http://127.0.0.1:8000, the console at http://127.0.0.1:8501, data in data/steward.db, ten sample users
  DATABASE_URL=postgres://admin:admin123@localhost:5433/secondarymarket steward
      The same on PostgreSQL
  STEWARD_ENV=production SECRET_KEY_FILE=/run/secrets/key steward serve --only auth
      One service in a process of its own; see also --only admin, --only gateway and --only console
  steward create-admin --user-id ops --email ops@example.com --name Operations
      The first account of a deployment without sample users
  steward doctor
      What is wrong, and how to fix it

Sample log-ins (development):
  admin / admin123        super_admin
  manager / admin123      admin
  user123 / password123   user
  curl -X POST http://127.0.0.1:8000/api/auth/login -H 'Content-Type: application/json' \\
       -d '{\"user_id\": \"admin\", \"password\": \"admin123\"}'
";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_command_serves_everything_at_one_address() {
        let (command, _) = Cli::try_parse_from(["steward"]).unwrap().into_parts();
        let Command::Serve(serve) = command else { panic!("{command:?}") };
        let services = serve.services();
        assert!(!services.apart && Service::ALL.into_iter().all(|service| services.has(service)));
    }

    #[test]
    fn only_may_be_repeated_and_a_setting_stands_anywhere() {
        let line = ["steward", "serve", "--only", "auth", "--only", "admin", "--bcrypt-cost", "11"];
        let (command, options) = Cli::try_parse_from(line).unwrap().into_parts();
        let Command::Serve(serve) = command else { panic!("{command:?}") };
        let services = serve.services();
        assert!(services.apart && !services.has(Service::Gateway) && services.has(Service::Admin));
        assert_eq!(options.bcrypt_cost.as_deref(), Some("11"));
    }

    #[test]
    fn help_tells_each_option_its_variable() {
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
