//! Variables that begin with our prefix but are not settings: probably misspelled ones.

use clap::CommandFactory;

use super::Variables;
use crate::cli::Cli;
use crate::cli::help::SECRETS;

const PREFIX: &str = "STEWARD_";

/// Variables of the test suites, which the same `.env` may set.
const OF_TESTS: [&str; 2] = ["STEWARD_TEST_POSTGRES_URL", "STEWARD_TEST_REDIS_URL"];

/// Every setting with our prefix: the variables of options and of secrets.
fn known_variables() -> Vec<String> {
    let command = Cli::command();
    let options = command.get_arguments().filter_map(|option| option.get_env()?.to_str()).map(str::to_owned);
    let secrets = SECRETS.iter().flat_map(|secret| [secret.variable.to_owned(), format!("{}_FILE", secret.variable)]);
    options.chain(secrets).chain(OF_TESTS.map(str::to_owned)).filter(|name| name.starts_with(PREFIX)).collect()
}

/// A warning for each unknown variable.
pub(super) fn warnings(variables: &Variables) -> Vec<String> {
    let known = known_variables();
    variables
        .names()
        .filter(|name| name.starts_with(PREFIX) && !is_service_link(name) && !known.iter().any(|known| known == name))
        .map(|name| match nearest(name, &known) {
            Some(nearest) => format!("{name} is not a setting; did you mean {nearest}?"),
            None => format!("{name} is not a setting"),
        })
        .collect()
}

/// Whether the variable is a service link, which Kubernetes adds to containers: `STEWARD_AUTH_PORT_8001_TCP_ADDR`.
fn is_service_link(name: &str) -> bool {
    name.ends_with("_SERVICE_HOST") || name.contains("_SERVICE_PORT") || name.contains("_PORT")
}

fn nearest<'k>(name: &str, known: &'k [String]) -> Option<&'k str> {
    known
        .iter()
        .map(|known| (strsim::osa_distance(name, known), known))
        .min()
        .and_then(|(distance, known)| (distance <= 4).then_some(known.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::docs;

    #[test]
    fn every_setting_is_in_the_reference() {
        let page = docs::page();
        let is_documented = |variable: &str| page.contains(&format!("\n| `{variable}` |"));
        for variable in known_variables().iter().filter(|variable| !OF_TESTS.contains(&variable.as_str())) {
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
