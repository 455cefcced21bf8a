use std::rc::Rc;
use std::sync::Arc;

use actix_web::web;
use steward_gateway::{Proxy, ProxySettings, Territory, Upstream, remote};
use steward_web::health::Probes;

use super::Process;
use crate::cli::Service;
use crate::config::{ConfigError, Settings};
use crate::system::SystemClock;

/// The services behind the gateway that run in other processes.
#[derive(Clone)]
pub(super) struct Remote {
    pub(super) auth: Option<Upstream>,
    pub(super) admin: Option<Upstream>,
}

impl Remote {
    pub(super) fn of(settings: &Settings, is_here: impl Fn(Service) -> bool) -> Result<Self, ConfigError> {
        let upstream = |service: Service, variable, url: &str| {
            if is_here(service) {
                return Ok(None);
            }
            let upstream = Upstream::parse(service.name(), url);
            upstream.map(Some).map_err(|error| ConfigError::new(variable, error.to_string()))
        };
        Ok(Self {
            auth: upstream(Service::Auth, "STEWARD_AUTH_URL", &settings.urls.auth)?,
            admin: upstream(Service::Admin, "STEWARD_ADMIN_URL", &settings.urls.admin)?,
        })
    }

    /// Mounts the proxies to remote services, for one worker.
    pub(super) fn mount(&self, process: &Process, config: &mut web::ServiceConfig) {
        let proxy = |upstream: &Upstream| {
            let key = process.settings.service_key.clone();
            Rc::new(Proxy::new(ProxySettings::new(upstream.clone(), key, Arc::new(SystemClock))))
        };
        let of = |territory, upstream: &Option<Upstream>| Some((territory, proxy(upstream.as_ref()?)));
        let services = [of(Territory::Auth, &self.auth), of(Territory::Admin, &self.admin)];
        let services: Vec<_> = services.into_iter().flatten().collect();
        if !services.is_empty() {
            config.configure(remote(services, &process.paths));
        }
    }

    /// The probes of this process and of the remote services, for one worker.
    pub(super) fn probes(&self, process: &Process) -> Probes {
        let upstreams = [&self.auth, &self.admin].into_iter().flatten().cloned();
        let elsewhere = steward_gateway::health::behind(upstreams, process.ephemeral.probe());
        match &process.storage {
            // The probes of this process win over those of remote services.
            Some(storage) => Probes { database: storage.probe(), redis: process.ephemeral.probe(), ..elsewhere },
            None => elsewhere,
        }
    }
}
