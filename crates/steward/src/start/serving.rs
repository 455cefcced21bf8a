use std::net::{SocketAddr, TcpListener};
use std::thread::available_parallelism;

use futures_util::future::try_join_all;
use steward_web::server::{self, Refusals, ServerSettings};
use tokio::sync::watch;

use crate::cli::Service;
use crate::config::url_of;
use crate::failure::Failure;
use crate::wiring::{self, Process};

/// A service, where it listens.
pub(crate) struct Listening {
    pub(crate) service: Service,
    listener: TcpListener,
    /// `http://HOST:PORT`, with the port that was given where any was asked for.
    pub(crate) address: String,
    bound: SocketAddr,
}

impl Listening {
    /// Where this process itself reaches it: who listens everywhere is reached over the loopback.
    pub(crate) fn url(&self) -> String {
        url_of(self.bound)
    }
}

/// Begins to listen: at the gateway's address for every API and at the console's, or at one for each service.
pub(crate) fn listen(process: &Process) -> Result<Vec<Listening>, Failure> {
    let services = process.services.listening().into_iter();
    services
        .map(|service| {
            let address = process.settings.addresses.of(service);
            let refused = |error| Failure::Listen { address: address.to_string(), variable: variable(service), error };
            let listener = server::listen(address).map_err(refused)?;
            let bound = listener.local_addr()?;
            let address = format!("http://{bound}");
            Ok(Listening { service, listener, address, bound })
        })
        .collect()
}

/// The addresses, for people.
pub(crate) fn addresses(listening: &[Listening]) -> Vec<(Service, String)> {
    listening.iter().map(|one| (one.service, one.address.clone())).collect()
}

/// Serves until the process is asked to stop, and then finishes what is in flight. Asked a second time, it exits at
/// once.
pub(crate) async fn serve(process: &Process, listening: Vec<Listening>) -> Result<(), Failure> {
    for one in &listening {
        tracing::info!(service = one.service.name(), address = one.address, "listening");
    }
    let (stop, stopping) = watch::channel(false);
    let servers = listening
        .into_iter()
        .map(|one| {
            let mut stopping = stopping.clone();
            // Whoever would say it is gone only when the process is.
            let asked = async move { drop(stopping.wait_for(|stop| *stop).await) };
            let refusals = Refusals::new(std::sync::Arc::clone(&process.request_ids), process.metrics.http());
            let process = process.clone();
            server::serve(one.listener, sizes(&process, one.service), refusals, asked, move || {
                wiring::app(&process, one.service)
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let stopped = process.clone();
    actix_web::rt::spawn(async move {
        if server::asked_to_stop().await.is_ok() {
            tracing::info!(up_to_seconds = server::DRAIN_SECONDS, "stopping: finishing what is in flight");
            stop.send_replace(true);
            stopped.end_streams();
        }
        if server::asked_to_stop().await.is_ok() {
            tracing::warn!("asked to stop again: not waiting any longer");
            std::process::exit(130);
        }
    });
    try_join_all(servers).await?;
    tracing::info!("stopped");
    Ok(())
}

/// A worker per core, and together as many threads that wait for the database as there are connections to it. A console
/// asks others for everything: beside them one worker is enough for people.
fn sizes(process: &Process, service: Service) -> ServerSettings {
    if service == Service::Console && !process.services.apart {
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
