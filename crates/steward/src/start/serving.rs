use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use futures_util::StreamExt;
use futures_util::future::{join, try_join_all};
use futures_util::stream::FuturesUnordered;
use steward_contracts::services::ServiceUrl;
use steward_web::server::{self, Bound, ConnectionLimits, Connections, DRAIN_SECONDS, Refusals, ServerSettings};
use steward_web::service::ServiceDescription;
use tokio::time::timeout;

use super::signals::StopRequest;
use crate::cli::{Services, address_variable};
use crate::config::Settings;
use crate::failure::Failure;
use crate::wiring::{self, Process};

/// A service, and the address that is reserved for it.
pub(crate) struct Listener {
    pub(crate) service: &'static ServiceDescription,
    socket: Bound,
    /// With the actual port, if the system assigned one.
    address: SocketAddr,
}

impl Listener {
    /// The URL at which this process reaches it: the loopback if it listens at all addresses.
    pub(crate) fn url(&self) -> ServiceUrl {
        self.address.into()
    }
}

/// Binds the addresses: those of the edge services, or one per service.
pub(crate) fn bind(settings: &Settings, services: &Services) -> Result<Vec<Listener>, Failure> {
    services
        .listening()
        .map(|service| {
            let address = settings.addresses[&service.id];
            let socket = server::bind(address).map_err(|error| listen_failure(service, address, error))?;
            let address = socket.local_addr()?;
            Ok(Listener { service, socket, address })
        })
        .collect()
}

fn listen_failure(service: &ServiceDescription, address: SocketAddr, error: io::Error) -> Failure {
    Failure::Listen { address: address.to_string(), variable: address_variable(service), error }
}

/// The addresses as URLs.
pub(crate) fn addresses(listeners: &[Listener]) -> Vec<(&'static ServiceDescription, String)> {
    listeners.iter().map(|one| (one.service, format!("http://{}", one.address))).collect()
}

/// Longest time in which all listeners together must finish the requests in flight.
const DRAIN: Duration = Duration::from_secs(DRAIN_SECONDS);
/// Serves until the process receives a stop signal, and then finishes the requests in flight.
///
/// # Errors
/// - An address is taken by another process.
/// - A server cannot start.
/// - Requests did not finish in time.
pub(crate) async fn serve(
    process: &Process,
    listeners: Vec<Listener>,
    limits: ConnectionLimits,
    stop: StopRequest,
) -> Result<(), Failure> {
    let connections = Connections::new(limits, process.metrics.http());
    let (mut servers, mut handles) = (Vec::new(), Vec::new());
    for Listener { service, socket, address } in listeners {
        let listener = socket.listen().map_err(|error| listen_failure(service, address, error))?;
        tracing::info!(service = service.id.as_str(), address = format!("http://{address}"), "listening");
        let refusals = Refusals::new(Arc::clone(&process.request_ids), process.metrics.http());
        let connections = if service.is_edge {
            connections.clone().behind(process.settings.edge.trusted_proxies.clone())
        } else {
            connections.clone().internal()
        };
        let (sizes, process) = (sizes_of(process, service), process.clone());
        let server = server::serve(listener, sizes, refusals, connections, move || wiring::app(&process, service))?;
        handles.push((service, server.handle()));
        servers.push(server);
    }
    let mut servers = pin!(try_join_all(servers));
    tokio::select! {
        ended = &mut servers => return Ok(ended.map(drop)?),
        () = stop.received() => {}
    }
    let Ok((ended, ())) = timeout(DRAIN, join(servers, drain(handles))).await else {
        let requests = connections.open();
        tracing::error!(requests, "stopped: cut the requests that did not finish in time");
        return Err(Failure::DrainTimedOut { requests });
    };
    ended?;
    tracing::info!("stopped");
    Ok(())
}

/// Stops all servers, and waits until each has finished its requests in flight. A listener accepts connections until
/// its callers in this process have drained, but no longer than its share of the time.
async fn drain(handles: Vec<(&ServiceDescription, ServerHandle)>) {
    let mut draining = FuturesUnordered::new();
    let share = DRAIN / u32::try_from(handles.len()).unwrap_or(1);
    for handle in callers_first(handles) {
        let callers_drain = async { while draining.next().await.is_some() {} };
        let _ = timeout(share, callers_drain).await;
        draining.push(handle.stop(true));
    }
    while draining.next().await.is_some() {}
}

/// Sorts callers before the services that they call: a console page in flight still calls the API. Edge services call
/// internal services. Within both groups, the list of services has callers last.
fn callers_first<T>(listeners: Vec<(&ServiceDescription, T)>) -> Vec<T> {
    let (edge, internal): (Vec<_>, Vec<_>) = listeners.into_iter().rev().partition(|(service, _)| service.is_edge);
    edge.into_iter().chain(internal).map(|(_, listener)| listener).collect()
}

/// One worker per core, and together as many blocking threads as the pool has connections. A console beside other
/// services needs one worker, because it only calls the API. So does the service of background tasks, which answers only
/// probes.
fn sizes_of(process: &Process, service: &ServiceDescription) -> ServerSettings {
    let is_console_beside_others = service.id == steward_console::ID && !process.services.split;
    if is_console_beside_others || service.id == steward_worker::ID {
        return ServerSettings { workers: 1, blocking_threads: 1 };
    }
    let workers = available_parallelism().map_or(1, usize::from);
    let connections = usize::try_from(process.settings.db_pool_size).unwrap_or(usize::MAX);
    let blocking_threads = if process.storage.is_some() { connections.div_ceil(workers).max(2) } else { 1 };
    ServerSettings { workers, blocking_threads }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::descriptions;

    #[test]
    fn callers_stop_before_the_services_that_they_call() {
        let all = descriptions().map(|service| (service, service.id.as_str())).collect();
        let order = callers_first(all);
        let position = |id: &str| order.iter().position(|other| *other == id).unwrap();
        for (caller, called) in [("console", "gateway"), ("gateway", "auth"), ("gateway", "admin"), ("admin", "auth")] {
            assert!(position(caller) < position(called), "{order:?}");
        }
    }
}
