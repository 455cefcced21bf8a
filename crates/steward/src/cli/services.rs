//! The services on the command line: `--only`, and the address and the URL of each service.

use std::collections::BTreeMap;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches};
use steward_web::service::{ServiceDescription, ServiceId};

use crate::services::{descriptions, find};

const HEADING: &str = "Addresses and URLs";

/// The services of one process.
#[derive(Clone)]
pub(crate) struct Services {
    /// The services that run here, in the order of the list.
    pub(crate) here: Vec<&'static ServiceDescription>,
    /// Whether each listens at its own address; otherwise the gateway's address serves the ones behind it.
    pub(crate) split: bool,
}

impl Services {
    /// Returns the services of `--only`; all in one process if there are none.
    pub(super) fn only(ids: &[ServiceId]) -> Self {
        let split = !ids.is_empty();
        Self { here: descriptions().filter(|service| !split || ids.contains(&service.id)).collect(), split }
    }

    /// Whether this process runs the service.
    pub(crate) fn has(&self, id: ServiceId) -> bool {
        self.here.iter().any(|service| service.id == id)
    }

    /// Returns the services with a listener in this process.
    pub(crate) fn listening(&self) -> impl Iterator<Item = &'static ServiceDescription> {
        self.here.iter().copied().filter(|service| self.split || service.is_edge)
    }

    /// Returns the ids of the services that run here.
    pub(crate) fn ids(&self) -> Vec<ServiceId> {
        self.here.iter().map(|service| service.id).collect()
    }
}

/// Returns the parser of a service's id.
pub(super) fn service_id() -> impl TypedValueParser<Value = ServiceId> {
    let ids = descriptions().map(|service| PossibleValue::new(service.id.as_str()).help(service.summary));
    PossibleValuesParser::new(ids)
        .try_map(|id| find(&id).map(|service| service.id).ok_or_else(|| format!("{id} is not a service")))
}

/// The addresses and URLs of the services, as unparsed texts by option. They may contain a password by mistake, so the
/// type does not print its values.
#[derive(Default, Clone)]
pub(crate) struct ServiceOptions(BTreeMap<String, String>);

impl ServiceOptions {
    /// Returns the value of the option that belongs to this variable.
    pub(crate) fn get(&self, variable: &str) -> Option<&str> {
        self.0.get(variable).map(String::as_str)
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for ServiceOptions {
    fn from(options: [(&str, &str); N]) -> Self {
        Self(options.map(|(variable, value)| (variable.to_owned(), value.to_owned())).into())
    }
}

/// Returns the variable of the address that a service listens on.
pub(crate) fn address_variable(service: &ServiceDescription) -> String {
    format!("STEWARD_{}_ADDR", service.settings_name.to_uppercase())
}

/// Returns the variable of the URL at which other processes reach a service.
pub(crate) fn url_variable(service: &ServiceDescription) -> String {
    format!("STEWARD_{}_URL", service.settings_name.to_uppercase())
}

/// Returns the services that other services call, which have a URL.
pub(crate) fn services_with_url() -> impl Iterator<Item = &'static ServiceDescription> {
    descriptions().filter(|service| !service.endpoints.is_empty())
}

fn address_option(service: &ServiceDescription) -> Arg {
    let (id, port) = (service.id, service.port);
    let help = if service.is_edge {
        format!("The address that the {id} listens on; port 0 takes a free port [default: 127.0.0.1:{port}]")
    } else {
        format!(
            "The address that the {id} service listens on when it runs in a process of its own [default: \
             127.0.0.1:{port}]"
        )
    };
    option(format!("{}-addr", service.settings_name), address_variable(service), "ADDRESS", help)
}

fn url_option(service: &ServiceDescription) -> Arg {
    let name = if service.is_edge { service.id.to_string() } else { format!("{} service", service.id) };
    let help = format!(
        "The URL of the {name}, for the services that call it from other processes [default: `http://` and `{}`]",
        address_variable(service)
    );
    option(format!("{}-url", service.settings_name), url_variable(service), "URL", help)
}

fn option(name: String, variable: String, value_name: &'static str, help: String) -> Arg {
    Arg::new(variable.clone())
        .long(name)
        .global(true)
        .env(variable)
        .value_name(value_name)
        .hide_env_values(true)
        .help_heading(HEADING)
        .help(help)
}

fn options() -> impl Iterator<Item = Arg> {
    descriptions().map(address_option).chain(services_with_url().map(url_option))
}

impl Args for ServiceOptions {
    fn augment_args(command: Command) -> Command {
        command.args(options())
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for ServiceOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let value = |option: Arg| {
            let variable = option.get_id().as_str();
            Some((variable.to_owned(), matches.get_one::<String>(variable)?.clone()))
        };
        Ok(Self(options().filter_map(value).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
