//! Variables that begin with our prefix but are not settings: probably misspelled ones.

use super::Variables;

const PREFIX: &str = "STEWARD_";

/// Every variable with our prefix, including those of the console, which the same `.env` may set.
const KNOWN: [&str; 42] = [
    "STEWARD_ENV",
    "STEWARD_API_ADDR",
    "STEWARD_CONSOLE_ADDR",
    "STEWARD_AUTH_ADDR",
    "STEWARD_ADMIN_ADDR",
    "STEWARD_AUTH_URL",
    "STEWARD_ADMIN_URL",
    "STEWARD_API_URL",
    "STEWARD_SERVICE_KEY",
    "STEWARD_SERVICE_KEY_FILE",
    "STEWARD_SIGNING_KEY_FILE",
    "STEWARD_SIGNING_KEY_PREVIOUS_FILE",
    "STEWARD_ACCEPT_HS256",
    "STEWARD_ACCESS_TOKEN_TTL",
    "STEWARD_SESSION_TTL",
    "STEWARD_SESSION_IDLE_TTL",
    "STEWARD_REFRESH_GRACE",
    "STEWARD_BCRYPT_COST",
    "STEWARD_LOCKOUT_FAILURES",
    "STEWARD_LOCKOUT_SECONDS",
    "STEWARD_LOCKOUT_MAX_SECONDS",
    "STEWARD_SLOWDOWN_FAILURES",
    "STEWARD_SIGN_IN_RETENTION_DAYS",
    "STEWARD_RESERVED_USER_IDS",
    "STEWARD_PASSWORD_MIN_LENGTH",
    "STEWARD_PASSWORD_MIN_SCORE",
    "STEWARD_PASSWORD_CHECK_BREACHED",
    "STEWARD_DB_POOL_SIZE",
    "STEWARD_TRUSTED_PROXIES",
    "STEWARD_CORS_ORIGINS",
    "STEWARD_MAX_CONNECTIONS",
    "STEWARD_MAX_CONNECTIONS_PER_ADDRESS",
    "STEWARD_LIMIT_LOGIN",
    "STEWARD_LIMIT_REGISTER",
    "STEWARD_LIMIT_REFRESH",
    "STEWARD_LIMIT_PASSWORD",
    "STEWARD_LIMIT_API_TOKEN",
    "STEWARD_LIMIT_API_ADDRESS",
    "STEWARD_LOG_FORMAT",
    "STEWARD_LOG",
    "STEWARD_TEST_POSTGRES_URL",
    "STEWARD_TEST_REDIS_URL",
];

/// A warning for each unknown variable.
pub(super) fn warnings(variables: &Variables) -> Vec<String> {
    variables
        .names()
        .filter(|name| name.starts_with(PREFIX) && !KNOWN.contains(name) && !is_service_link(name))
        .map(|name| match nearest(name) {
            Some(nearest) => format!("{name} is not a setting; did you mean {nearest}?"),
            None => format!("{name} is not a setting"),
        })
        .collect()
}

/// Whether the variable is a service link, which Kubernetes adds to containers: `STEWARD_AUTH_PORT_8001_TCP_ADDR`.
fn is_service_link(name: &str) -> bool {
    name.ends_with("_SERVICE_HOST") || name.contains("_SERVICE_PORT") || name.contains("_PORT")
}

fn nearest(name: &str) -> Option<&'static str> {
    KNOWN
        .into_iter()
        .map(|known| (strsim::osa_distance(name, known), known))
        .min()
        .and_then(|(distance, known)| (distance <= 4).then_some(known))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;
    use crate::commands::docs;

    #[test]
    fn every_option_of_the_command_line_is_known() {
        let command = Cli::command();
        for variable in command.get_arguments().filter_map(|argument| argument.get_env()?.to_str()) {
            assert!(!variable.starts_with(PREFIX) || KNOWN.contains(&variable), "{variable}");
        }
    }

    #[test]
    fn every_setting_is_in_the_reference() {
        let page = docs::page();
        let is_documented = |variable: &str| page.contains(&format!("\n| `{variable}` |"));
        for variable in KNOWN.into_iter().filter(|variable| !variable.starts_with("STEWARD_TEST_")) {
            let secret = variable.strip_suffix("_FILE");
            assert!(is_documented(variable) || secret.is_some_and(is_documented), "{variable}");
        }
    }

    #[test]
    fn a_misspelled_variable_is_reported_with_the_nearest_setting() {
        let variables = Variables::from([
            ("STEWARD_BCRIPT_COST", "12"),
            ("STEWARD_SOMETHING_ELSE_ENTIRELY", "1"),
            ("STEWARD_ENV", "development"),
            ("STEWARD_AUTH_PORT_8001_TCP", "tcp://10.0.0.1:8001"),
            ("STEWARD_AUTH_SERVICE_HOST", "10.0.0.1"),
            ("PATH", "/bin"),
        ]);
        assert_eq!(
            warnings(&variables),
            [
                "STEWARD_BCRIPT_COST is not a setting; did you mean STEWARD_BCRYPT_COST?",
                "STEWARD_SOMETHING_ELSE_ENTIRELY is not a setting",
            ]
        );
    }
}
