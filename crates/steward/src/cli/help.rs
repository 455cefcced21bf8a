//! What `--help` says besides the options: where settings come from, how the process stops, examples.

/// Where settings come from, and which source wins.
pub(crate) const SOURCES: &str = "\
Every setting is an environment variable, and most settings are options too. An option wins over its variable. The file
`.env` in the working directory is read at the start; the real environment wins over it. An empty variable counts as not
set.";

/// Which secrets may also come from a file.
pub(crate) const SECRET_FILES: &str = "\
A secret may also come from a file: the variable with `_FILE` at its end names it, as in
`SECRET_KEY_FILE=/run/secrets/secret_key`. This holds for `SECRET_KEY`, `SECRET_KEY_PREVIOUS`, `STEWARD_SERVICE_KEY`,
`DATABASE_URL` and `REDIS_URL`.";

/// A setting that has no option, because every user of the machine can read the arguments of a process.
pub(crate) struct Secret {
    pub(crate) variable: &'static str,
    /// In the form of an option's help: the meaning, then `[default: …]`.
    pub(crate) help: &'static str,
}

/// Every secret.
pub(crate) const SECRETS: [Secret; 3] = [
    Secret {
        variable: "SECRET_KEY",
        help: "Signs tokens (HS256) unless `STEWARD_SIGNING_KEY_FILE` is set; other keys are derived from it. At least 32 \
               random bytes, such as `openssl rand -base64 48` prints. Staging and production refuse a key that can be \
               guessed [default: in development a key that is generated once and kept in the data folder; otherwise none, \
               and the start is refused]",
    },
    Secret {
        variable: "SECRET_KEY_PREVIOUS",
        help: "The former `SECRET_KEY`: it still verifies tokens and signs none, so that a new key ends no session [default: \
               none]",
    },
    Secret {
        variable: "STEWARD_SERVICE_KEY",
        help: "Signs the calls between services. With it, a process without the auth service and the worker needs no \
               `SECRET_KEY` [default: derived from `SECRET_KEY`]",
    },
];

/// The end of the short help.
pub(super) const MORE: &str = "Variables, defaults, examples and sample log-ins: steward --help";

/// The end of the long help.
pub(super) fn after_long_help() -> String {
    let secrets = SECRETS.map(|Secret { variable, help }| format!("  {variable}\n          {help}\n\n")).concat();
    format!(
        "Secrets, which are variables only:\n{secrets}Sources of settings:\n{}\n\n{}\n\n{EXAMPLES}",
        indented(SOURCES),
        indented(SECRET_FILES)
    )
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

const EXAMPLES: &str = "\
Stopping:
  SIGTERM, SIGINT (Ctrl-C) and SIGQUIT stop `serve`: it accepts no more connections, finishes the requests in flight
  within 10 seconds, and exits with 0. It exits with 3 if it had to cut requests that took longer, and with 130 at once
  at the second signal. SIGHUP, SIGUSR1 and SIGUSR2 are ignored.

Examples:
  steward
      The API at http://127.0.0.1:8000, the console at http://127.0.0.1:8501, data in data/steward.db, ten sample users
  DATABASE_URL=postgres://admin:admin123@localhost:5433/secondarymarket steward
      The same on PostgreSQL
  STEWARD_ENV=production SECRET_KEY_FILE=/run/secrets/key steward serve --only auth
      One service in a process of its own; see also --only admin, --only worker, --only gateway and --only console
  steward create-admin --user-id ops --email ops@example.com --name Operations
      The first account of a deployment without sample users
  steward doctor
      Every check of the deployment, and how to fix the ones that fail

Sample log-ins (development):
  admin / admin123        super_admin
  manager / admin123      admin
  user123 / password123   user
  curl -X POST http://127.0.0.1:8000/api/auth/login -H 'Content-Type: application/json' \\
       -d '{\"user_id\": \"admin\", \"password\": \"admin123\"}'
";
