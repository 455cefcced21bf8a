use std::sync::Arc;

use steward_console::{Console, ConsoleSettings};
use steward_contracts::services::client_address::ClientAddressSigner;

use super::instance::Instance;
use super::{Process, measure};
use crate::cli::url_variable;
use crate::config::ConfigError;
use crate::failure::Failure;
use crate::system::{RandomIds, SystemClock};

/// Builds the console. It is ready as soon as it runs, because it must respond even if the API is unavailable.
pub(super) fn build(process: &Process) -> Result<Instance, Failure> {
    let settings = ConsoleSettings {
        api_url: process.settings.urls[&steward_gateway::ID].to_string(),
        address_signer: ClientAddressSigner::new(process.settings.service_key.clone(), Arc::new(SystemClock)),
        cookie_keys: process.settings.cookie_keys.clone(),
        clock: Arc::new(SystemClock),
        ids: Arc::new(RandomIds),
    };
    let console = Console::new(settings)
        .map_err(|error| ConfigError::new(&url_variable(&steward_gateway::description()), error.to_string()))?;
    let console = Arc::new(console);
    measure::console(&process.metrics, &console)?;
    Ok(Instance::new(move |process, config| {
        config
            .configure(steward_web::health::mount_without_probes(process.metrics.clone()))
            .configure(Arc::clone(&console).routes());
    }))
}
