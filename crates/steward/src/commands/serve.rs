use steward_domain::ActorKind;

use crate::cli::Services;
use crate::config::{Environment, Settings};
use crate::failure::Failure;
use crate::start::{banner, connections, database, ignore_closed_output, serving, signals};
use crate::wiring::Process;

/// Serves until the process receives a stop signal.
pub(super) async fn run(mut settings: Settings, services: Services) -> Result<(), Failure> {
    let stop = signals::handle()?;
    // Each connection is a file. If the limit cannot be raised, connections fit the existing limit.
    let open_files = rlimit::increase_nofile_limit(u64::MAX).or_else(|_| rlimit::Resource::NOFILE.get_soft())?;
    let limits = connections::limits(&settings.edge, settings.db_pool_size, open_files);
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    // Binds before the database is touched, so that a process that cannot listen migrates nothing. It listens once the
    // database is ready; until then connections are refused, so that a load balancer tries another process.
    let listeners = serving::bind(&settings, &services)?;
    // The system may have assigned the port of a service that another service of this process calls.
    settings.urls.extend(listeners.iter().map(|listener| (listener.service.id, listener.url())));
    let process = Process::assemble(settings, services)?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        environment = process.settings.environment.name(),
        services = names(&process.services).join(","),
        processes = if process.services.split { "one per service" } else { "one for all" },
        "starting"
    );
    if process.ephemeral.is_shared() {
        // An unreachable Redis is logged at the start, not at the first request.
        let ephemeral = process.ephemeral.clone();
        actix_web::rt::spawn(async move { drop(ephemeral.ping().await) });
    } else {
        tracing::info!("REDIS_URL is not set: this process keeps short-lived state in memory");
    }
    tokio::select! {
        prepared = prepare(&process) => prepared?,
        () = stop.clone().received() => return Ok(()),
    }
    let runner = process.task_runner()?;
    let tasks = runner.map(|runner| runner.start(process.tasks(), stop.clone().received()));
    if let Some(storage) = &process.storage {
        let database = storage.database.clone();
        actix_web::rt::spawn(async move { database::log_remarks(&database).await });
    }
    if process.settings.environment == Environment::Development {
        ignore_closed_output(banner::show(&process, &serving::addresses(&listeners)))?;
    }
    let served = serving::serve(&process, listeners, limits, stop).await;
    // After the last response, so that the last runs write all that the requests have left in memory.
    if let Some(tasks) = tasks {
        tasks.finish().await;
    }
    served
}

fn names(services: &Services) -> Vec<&'static str> {
    services.here.iter().map(|service| service.id.as_str()).collect()
}

async fn prepare(process: &Process) -> Result<(), Failure> {
    let Some(storage) = &process.storage else { return Ok(()) };
    database::prepare(&storage.database, database::PATIENCE).await?;
    match &process.auth {
        Some(service) if process.settings.environment == Environment::Development => {
            if storage.database.is_read_only().await? {
                return Ok(());
            }
            database::load_sample_users(service, storage, ActorKind::System).await.map(drop)
        }
        _ => Ok(()),
    }
}
