use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use steward_auth_service::AuthService;
use steward_console::{Console, ConsoleSettings};
use steward_contracts::services::client_address::ClientAddressSigner;
use steward_contracts::services::http::{HttpAuthenticator, HttpCredentials, ServiceSettings, TokenBatcher};
use steward_contracts::services::{Authenticator, Credentials};
use steward_gateway::{Documentation, Limits};
use steward_web::health::Probes;
use steward_web::{Metrics, RequestIds, RequestLayer};

use super::ephemeral::Ephemeral;
use super::gateway::Remote;
use super::storage::Storage;
use super::{auth, measure, spec};
use crate::cli::{Service, Services};
use crate::config::{ConfigError, Settings};
use crate::failure::Failure;
use crate::system::{RandomIds, SystemClock};

/// Deadline of a token validation at a remote auth service.
const AUTHENTICATION_DEADLINE: Duration = Duration::from_secs(5);
/// Deadline of a password reset at a remote auth service, with hashing; the gateway gives up after ten seconds.
const RESET_DEADLINE: Duration = Duration::from_secs(9);

/// The state that all workers of a process share.
#[derive(Clone)]
pub(crate) struct Process {
    pub(crate) settings: Arc<Settings>,
    pub(crate) services: Services,
    /// Set if the auth or the admin service runs here.
    pub(crate) storage: Option<Storage>,
    pub(crate) ephemeral: Ephemeral,
    /// Set if the auth service runs here.
    pub(crate) auth: Option<Arc<AuthService>>,
    /// Batches token validations for a remote auth service.
    token_batcher: TokenBatcher,
    pub(super) remote: Remote,
    /// The gateway's rate limits.
    pub(super) limits: Limits,
    /// Set if the console runs here, once the address of the API is known.
    pub(super) console: Option<Arc<Console>>,
    /// Set if the gateway runs here.
    pub(super) documentation: Option<Documentation>,
    /// All paths of the API; empty unless the gateway runs here.
    pub(super) paths: Arc<[String]>,
    /// The middleware of each address.
    layers: Arc<BTreeMap<Service, RequestLayer>>,
    pub(crate) metrics: Metrics,
    pub(crate) request_ids: Arc<RequestIds>,
}

impl Process {
    /// Assembles the parts that `services` need. Opens no connection yet.
    pub(crate) fn assemble(settings: Settings, services: Services) -> Result<Self, Failure> {
        let stores = services.has(Service::Auth) || services.has(Service::Admin);
        let storage = if stores { Some(Storage::connect(&settings)?) } else { None };
        let auth = match (&storage, &settings.signing) {
            (Some(storage), Some(keys)) if services.has(Service::Auth) => {
                Some(auth::service(&settings, keys, storage)?)
            }
            _ => None,
        };
        let metrics = Metrics::new()?;
        if let Some(storage) = &storage {
            measure::database(&metrics, &storage.database)?;
        }
        if let Some(auth) = &auth {
            measure::hashing(&metrics, auth)?;
        }
        let ephemeral = Ephemeral::new(settings.redis_url.as_ref());
        measure::redis(&metrics, &ephemeral)?;
        let limits = Limits::new(&settings.edge.limits, Arc::clone(&ephemeral.limiter), &metrics)?;
        let mut documentation = None;
        let mut paths = Arc::default();
        let mut layers = BTreeMap::new();
        let request_ids = Arc::new(RequestIds::new(&RandomIds));
        for service in services.listening() {
            let mut layer = middleware(service, &settings, Arc::clone(&request_ids), &metrics);
            // The description takes megabytes, so only the parts that are needed are kept.
            if let Some(spec) = spec::of(service) {
                layer = layer.with_spec(&spec);
                if service == Service::Gateway {
                    documentation = Some(Documentation::new(&spec)?);
                    paths = spec.paths.paths.into_keys().collect();
                }
            }
            layers.insert(service, layer);
        }
        Ok(Self {
            ephemeral,
            limits,
            remote: Remote::of(&settings, |service| services.has(service))?,
            token_batcher: TokenBatcher::new(AUTHENTICATION_DEADLINE),
            console: None,
            documentation,
            paths,
            layers: Arc::new(layers),
            metrics,
            request_ids,
            settings: Arc::new(settings),
            services,
            storage,
            auth,
        })
    }

    /// Creates the console, which calls the API at `api_url`.
    pub(crate) fn open_console(&mut self, api_url: String) -> Result<(), Failure> {
        let settings = ConsoleSettings {
            api_url,
            address_signer: ClientAddressSigner::new(self.settings.service_key.clone(), Arc::new(SystemClock)),
            cookie_keys: self.settings.cookie_keys.clone(),
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
        };
        let console = Console::new(settings).map_err(|error| ConfigError::new("STEWARD_API_URL", error.to_string()))?;
        let console = Arc::new(console);
        measure::console(&self.metrics, &console)?;
        self.console = Some(console);
        Ok(())
    }

    /// The middleware at the address of a service.
    pub(super) fn layer(&self, service: Service) -> RequestLayer {
        let unlisted = || middleware(service, &self.settings, Arc::clone(&self.request_ids), &self.metrics);
        self.layers.get(&service).cloned().unwrap_or_else(unlisted)
    }

    /// The authenticator of one worker.
    pub(super) fn authenticator(&self) -> Rc<dyn Authenticator> {
        if let Some(service) = &self.auth {
            return Rc::new(Arc::clone(service));
        }
        Rc::new(HttpAuthenticator::new(self.auth_elsewhere(AUTHENTICATION_DEADLINE), self.token_batcher.clone()))
    }

    /// The credentials service of one worker.
    pub(super) fn credentials(&self) -> Rc<dyn Credentials> {
        match &self.auth {
            Some(service) => Rc::new(Arc::clone(service)),
            None => Rc::new(HttpCredentials::new(self.auth_elsewhere(RESET_DEADLINE))),
        }
    }

    /// The probes of this process and its dependencies, for one worker at a service's own address.
    pub(super) fn probes(&self, service: Service) -> Probes {
        match (&self.storage, service) {
            (Some(storage), Service::Auth | Service::Admin) => {
                Probes { database: storage.probe(), redis: self.ephemeral.probe(), services: Vec::new() }
            }
            _ => self.remote.probes(self),
        }
    }

    fn auth_elsewhere(&self, deadline: Duration) -> ServiceSettings {
        ServiceSettings {
            base_url: self.settings.urls.auth.clone(),
            key: self.settings.service_key.clone(),
            deadline,
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
        }
    }
}

/// The middleware at a service's address. Each service trusts signed client addresses: a gateway those of a console, a
/// service those of a gateway. The gateway and the console also trust the configured proxies.
fn middleware(service: Service, settings: &Settings, ids: Arc<RequestIds>, metrics: &Metrics) -> RequestLayer {
    let layer = RequestLayer::new(ids, metrics.http())
        .trust_signed_addresses(settings.service_key.clone(), Arc::new(SystemClock));
    match service {
        Service::Gateway | Service::Console => layer.behind(settings.edge.trusted_proxies.clone()),
        Service::Auth | Service::Admin => layer.behind_gateway(),
    }
}
