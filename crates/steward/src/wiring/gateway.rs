use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::web::Data;
use steward_gateway::{Documentation, Proxy, ProxySettings, Upstream};
use steward_web::service::ServiceId;

use super::instance::Instance;
use super::{Process, spec};
use crate::cli::{Services, services_with_url, url_variable};
use crate::config::{ConfigError, Settings};
use crate::failure::Failure;
use crate::system::SystemClock;

/// Builds the gateway.
pub(super) fn build(_: &Process) -> Result<Instance, Failure> {
    let documentation = Data::new(Documentation::new(&spec::describe_api())?);
    Ok(Instance::new(move |process, config| {
        let upstreams = process.upstreams.iter().map(|(_, upstream)| upstream.clone());
        config
            .app_data(documentation.clone())
            .configure(steward_web::health::add_data(process.probes(upstreams), process.metrics.clone()));
    }))
}

/// Returns the addresses of the services behind the gateway that run in other processes.
pub(super) fn upstreams(settings: &Settings, services: &Services) -> Result<Vec<(ServiceId, Upstream)>, ConfigError> {
    let remote = services_with_url().filter(|service| !service.is_edge && !services.has(service.id));
    remote
        .map(|service| match Upstream::new(service.id.as_str(), &settings.urls[&service.id]) {
            Ok(upstream) => Ok((service.id, upstream)),
            Err(error) => Err(ConfigError::new(&url_variable(service), error.to_string())),
        })
        .collect()
}

/// Returns the proxies of one worker to the services in other processes.
pub(super) fn proxies(process: &Process) -> HashMap<ServiceId, Rc<Proxy>> {
    let proxy = |upstream: &Upstream| {
        let key = process.settings.service_key.clone();
        Rc::new(Proxy::new(ProxySettings::new(upstream.clone(), key, Arc::new(SystemClock))))
    };
    process.upstreams.iter().map(|(id, upstream)| (*id, proxy(upstream))).collect()
}
