use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use steward_auth_service::AuthService;
use steward_contracts::services::http::{HttpAuthenticator, HttpCredentials, ServiceSettings, TokenBatcher};
use steward_contracts::services::{Authenticator, Credentials};
use steward_gateway::{Limits, Upstream};
use steward_web::health::Probes;
use steward_web::service::{BackgroundTask, ServiceDescription, ServiceId};
use steward_web::{IdempotencyLayer, Metrics, RequestIds, RequestLayer};
use steward_worker::Worker;

use super::app::endpoints_at;
use super::ephemeral::Ephemeral;
use super::instance::Instance;
use super::services;
use super::storage::Storage;
use super::{auth, gateway, measure, worker};
use crate::cli::Services;
use crate::config::Settings;
use crate::failure::Failure;
use crate::services::descriptions;
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
    /// Set if a service behind the gateway runs here.
    pub(crate) storage: Option<Storage>,
    pub(crate) ephemeral: Ephemeral,
    /// Set if the auth service runs here. Otherwise the other services call it over HTTP.
    pub(crate) auth: Option<Arc<AuthService>>,
    /// Set if background tasks of the auth service run here, also in a worker that does not serve it.
    pub(super) auth_tasks: Option<Arc<AuthService>>,
    /// Batches token validations for a remote auth service.
    token_batcher: TokenBatcher,
    /// The services behind the gateway that run in other processes.
    pub(super) upstreams: Arc<[(ServiceId, Upstream)]>,
    /// The services that run here.
    instances: Arc<[(&'static ServiceDescription, Instance)]>,
    /// The gateway's rate limits.
    pub(super) limits: Limits,
    /// The middleware of each address.
    layers: Arc<BTreeMap<ServiceId, RequestLayer>>,
    /// The repeated requests at each address.
    idempotency_layers: Arc<BTreeMap<ServiceId, IdempotencyLayer>>,
    pub(crate) metrics: Metrics,
    pub(crate) request_ids: Arc<RequestIds>,
}

impl Process {
    /// Assembles the parts that `services` need. Opens no connection yet.
    pub(crate) fn assemble(settings: Settings, services: Services) -> Result<Self, Failure> {
        let stores = services.here.iter().any(|service| !service.is_edge);
        let storage = if stores { Some(Storage::connect(&settings)?) } else { None };
        let metrics = Metrics::new()?;
        let auth_tasks = match (&storage, &settings.signing) {
            (Some(storage), Some(keys)) => {
                let sends_mails = services.has(steward_worker::ID);
                let delivery = if sends_mails { auth::mail_delivery(&settings)? } else { None };
                if let Some(delivery) = &delivery {
                    measure::mail(&metrics, &delivery.figures)?;
                }
                Some(auth::service(&settings, keys, storage, delivery)?)
            }
            _ => None,
        };
        if let Some(storage) = &storage {
            measure::database(&metrics, &storage.database)?;
        }
        let ephemeral = Ephemeral::new(settings.redis_url.as_ref());
        measure::redis(&metrics, &ephemeral)?;
        let endpoints = descriptions().flat_map(|service| &service.endpoints);
        let limits = Limits::new(&settings.edge.limits, endpoints, Arc::clone(&ephemeral.limiter), &metrics)?;
        let request_ids = Arc::new(RequestIds::new(&RandomIds));
        let layer = |service: &ServiceDescription| {
            (service.id, middleware(service, &settings, Arc::clone(&request_ids), &metrics))
        };
        let layers = Arc::new(services.listening().map(layer).collect());
        let idempotency = |service: &ServiceDescription| {
            (service.id, idempotency_layer(service, &settings, &services, storage.as_ref()))
        };
        let idempotency_layers = Arc::new(services.listening().map(idempotency).collect());
        let mut process = Self {
            storage,
            ephemeral,
            auth: auth_tasks.clone().filter(|_| services.has(steward_auth_service::ID)),
            auth_tasks,
            token_batcher: TokenBatcher::new(AUTHENTICATION_DEADLINE),
            upstreams: gateway::upstreams(&settings, &services)?.into(),
            instances: Arc::default(),
            limits,
            layers,
            idempotency_layers,
            metrics,
            request_ids,
            settings: Arc::new(settings),
            services,
        };
        let build = |service: &&'static ServiceDescription| Ok((*service, services::build(service.id, &process)?));
        process.instances = process.services.here.iter().map(build).collect::<Result<_, Failure>>()?;
        Ok(process)
    }

    /// The database, which every service behind the gateway has.
    pub(super) fn storage(&self) -> Result<&Storage, Failure> {
        self.storage.as_ref().ok_or_else(|| Failure::Refused("this process has no database".to_owned()))
    }

    /// The services that respond at the address of `service`: the gateway's address serves the services behind it.
    pub(super) fn instances_at(&self, service: &ServiceDescription) -> impl Iterator<Item = &Instance> {
        let (id, is_gateway) = (service.id, service.id == steward_gateway::ID);
        let responds = move |other: &ServiceDescription| other.id == id || (is_gateway && !other.is_edge);
        self.instances.iter().filter(move |(service, _)| responds(service)).map(|(_, instance)| instance)
    }

    /// The background tasks that this process runs.
    pub(crate) fn tasks(&self) -> Vec<BackgroundTask> {
        services::tasks(self)
    }

    /// The runner of the background tasks; none if this process has no database, and so no tasks.
    pub(crate) fn task_runner(&self) -> Result<Option<Worker>, Failure> {
        worker::runner(self)
    }

    /// The middleware at the address of a service.
    pub(super) fn layer(&self, service: ServiceId) -> RequestLayer {
        self.layers[&service].clone()
    }

    /// The middleware for repeated requests at the address of a service.
    pub(super) fn idempotency(&self, service: ServiceId) -> IdempotencyLayer {
        self.idempotency_layers[&service].clone()
    }

    /// The authenticator of one worker.
    pub(super) fn authenticator(&self) -> Rc<dyn Authenticator> {
        if let Some(service) = &self.auth {
            return Rc::new(Arc::clone(service));
        }
        Rc::new(HttpAuthenticator::new(self.remote_auth(AUTHENTICATION_DEADLINE), self.token_batcher.clone()))
    }

    /// The credentials service of one worker.
    pub(super) fn credentials(&self) -> Rc<dyn Credentials> {
        match &self.auth {
            Some(service) => Rc::new(Arc::clone(service)),
            None => Rc::new(HttpCredentials::new(self.remote_auth(RESET_DEADLINE))),
        }
    }

    /// The probes of this process and of remote services, for one worker.
    pub(super) fn probes(&self, upstreams: impl IntoIterator<Item = Upstream>) -> Probes {
        let remote = steward_gateway::health::behind(upstreams, self.ephemeral.probe());
        match &self.storage {
            // The probes of this process win over those of remote services.
            Some(storage) => Probes { database: storage.probe(), redis: self.ephemeral.probe(), ..remote },
            None => remote,
        }
    }

    fn remote_auth(&self, deadline: Duration) -> ServiceSettings {
        ServiceSettings {
            url: self.settings.urls[&steward_auth_service::ID].clone(),
            key: self.settings.service_key.clone(),
            deadline,
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
        }
    }
}

/// The middleware at a service's address. Each service trusts signed client addresses: a gateway those of a console, a
/// service those of a gateway. An edge service also trusts the configured proxies.
fn middleware(
    service: &ServiceDescription,
    settings: &Settings,
    ids: Arc<RequestIds>,
    metrics: &Metrics,
) -> RequestLayer {
    let endpoints = endpoints_at(service);
    let layer = RequestLayer::new(ids, metrics.http())
        .trust_signed_addresses(settings.service_key.clone(), Arc::new(SystemClock))
        .with_endpoints(endpoints.iter().map(|(_, endpoint)| endpoint));
    if service.is_edge { layer.behind(settings.edge.trusted_proxies.clone()) } else { layer.behind_gateway() }
}

/// The middleware for repeated requests at a service's address, of the endpoints that run in this process.
fn idempotency_layer(
    service: &ServiceDescription,
    settings: &Settings,
    services: &Services,
    storage: Option<&Storage>,
) -> IdempotencyLayer {
    let Some(storage) = storage else { return IdempotencyLayer::default() };
    let endpoints = endpoints_at(service);
    let here = endpoints.iter().filter(|(owner, _)| services.has(*owner)).map(|(_, endpoint)| endpoint);
    IdempotencyLayer::new(Arc::clone(&storage.idempotency_keys), &settings.service_key, Arc::new(SystemClock), here)
}
