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
use steward_web::server::{self, Bound, ConnectionLimits, Connections, DRAIN_SECONDS, Refusals, ServerSettings};
use tokio::time::timeout;

use super::signals::StopRequest;
use crate::cli::Service;
use crate::config::url_of;
use crate::failure::Failure;
use crate::wiring::{self, Process};

/// A service, and the address that is reserved for it.
pub(crate) struct Endpoint {
    pub(crate) service: Service,
    socket: Bound,
    /// With the actual port, if the system assigned one.
    address: SocketAddr,
}

impl Endpoint {
    /// The URL at which this process reaches it: the loopback if it listens at all addresses.
    pub(crate) fn url(&self) -> String {
        url_of(self.address)
    }
}

/// Binds the addresses: those of the gateway and the console, or one per service.
pub(crate) fn bind(process: &Process) -> Result<Vec<Endpoint>, Failure> {
    let services = process.services.listening().into_iter();
    services
        .map(|service| {
            let address = process.settings.addresses.of(service);
            let socket = server::bind(address).map_err(|error| listen_failure(service, address, error))?;
            let address = socket.local_addr()?;
            Ok(Endpoint { service, socket, address })
        })
        .collect()
}

fn listen_failure(service: Service, address: SocketAddr, error: io::Error) -> Failure {
    Failure::Listen { address: address.to_string(), variable: variable(service), error }
}

/// The addresses as URLs.
pub(crate) fn addresses(endpoints: &[Endpoint]) -> Vec<(Service, String)> {
    endpoints.iter().map(|one| (one.service, format!("http://{}", one.address))).collect()
}

/// Longest time in which all listeners together must finish the requests in flight.
const DRAIN: Duration = Duration::from_secs(DRAIN_SECONDS);
/// Callers stop before the services that they call: a console page in flight still calls the API.
const DRAIN_ORDER: [Service; 4] = [Service::Console, Service::Gateway, Service::Admin, Service::Auth];

/// Serves until the process receives a stop signal, and then finishes the requests in flight.
///
/// # Errors
/// - An address is taken by another process.
/// - A server cannot start.
/// - Requests did not finish in time.
pub(crate) async fn serve(
    process: &Process,
    endpoints: Vec<Endpoint>,
    limits: ConnectionLimits,
    stop: StopRequest,
) -> Result<(), Failure> {
    let connections = Connections::new(limits, process.metrics.http());
    let (mut servers, mut handles) = (Vec::new(), Vec::new());
    for Endpoint { service, socket, address } in endpoints {
        let listener = socket.listen().map_err(|error| listen_failure(service, address, error))?;
        tracing::info!(service = service.name(), address = format!("http://{address}"), "listening");
        let refusals = Refusals::new(Arc::clone(&process.request_ids), process.metrics.http());
        let connections = match service {
            Service::Gateway | Service::Console => {
                connections.clone().behind(process.settings.edge.trusted_proxies.clone())
            }
            Service::Auth | Service::Admin => connections.clone().internal(),
        };
        let (sizes, process) = (sizes(process, service), process.clone());
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
        return Err(Failure::Cut { requests });
    };
    ended?;
    tracing::info!("stopped");
    Ok(())
}

/// Stops all servers, and waits until each has finished its requests in flight. A listener accepts connections until
/// its callers in this process have drained, but no longer than its share of the time.
async fn drain(handles: Vec<(Service, ServerHandle)>) {
    let mut draining = FuturesUnordered::new();
    let share = DRAIN / u32::try_from(handles.len()).unwrap_or(1);
    for next in DRAIN_ORDER {
        let Some((_, handle)) = handles.iter().find(|(service, _)| *service == next) else { continue };
        let callers_drain = async { while draining.next().await.is_some() {} };
        let _ = timeout(share, callers_drain).await;
        draining.push(handle.stop(true));
    }
    while draining.next().await.is_some() {}
}

/// One worker per core, and together as many blocking threads as the pool has connections. A console beside other
/// services needs one worker, because it only calls the API.
fn sizes(process: &Process, service: Service) -> ServerSettings {
    if service == Service::Console && !process.services.split {
        return ServerSettings { workers: 1, blocking_threads: 1 };
    }
    let workers = available_parallelism().map_or(1, usize::from);
    let connections = usize::try_from(process.settings.db_pool_size).unwrap_or(usize::MAX);
    let blocking_threads = if process.storage.is_some() { connections.div_ceil(workers).max(2) } else { 1 };
    ServerSettings { workers, blocking_threads }
}

fn variable(service: Service) -> &'static str {
    match service {
        Service::Gateway => "STEWARD_API_ADDR",
        Service::Auth => "STEWARD_AUTH_ADDR",
        Service::Admin => "STEWARD_ADMIN_ADDR",
        Service::Console => "STEWARD_CONSOLE_ADDR",
    }
}
