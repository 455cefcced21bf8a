use std::path::Path;

use steward_testkit::http::Api;
use tempfile::TempDir;

use super::{BEHIND_GATEWAY, Database, Launch, Process, SECRET_KEY, WORKER};

/// The processes of a deployment, and its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One process on SQLite.
    Sqlite,
    /// One process on PostgreSQL.
    Postgres,
    /// One process each for the gateway, the auth service, the admin service and the worker, on PostgreSQL.
    Split,
}

/// Running processes, with the sample users in their database.
pub(crate) struct Deployment {
    pub(crate) shape: Shape,
    /// The gateway, called without a token.
    pub(crate) api: Api,
    /// The URL of the auth service; the gateway's if they share a process.
    pub(crate) auth: String,
    pub(crate) admin: String,
    /// The URL of the worker; the gateway's if they share a process.
    pub(crate) worker: String,
    /// The gateway is last, so that services stop after their callers.
    pub(crate) processes: Vec<Process>,
    pub(crate) database: Database,
    pub(crate) folder: TempDir,
}

impl Deployment {
    pub(crate) async fn start(shape: Shape) -> Self {
        Self::start_with(shape, &[]).await
    }

    /// Starts it with these settings.
    pub(crate) async fn start_with(shape: Shape, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = match shape {
            Shape::Sqlite => Database::empty_sqlite(folder.path()),
            Shape::Postgres | Shape::Split => Database::postgres_with_sample_users().await,
        };
        Self::start_on(shape, database, folder, settings).await
    }

    /// Starts it on this database.
    pub(crate) async fn start_on(shape: Shape, database: Database, folder: TempDir, settings: &[(&str, &str)]) -> Self {
        let Started { processes, api, auth, admin, worker } = start(shape, &database.url(), folder.path(), settings);
        Self { shape, api: Api::at(&api).await, auth, admin, worker, processes, database, folder }
    }

    /// Kills all processes and starts them again on the same database, with these settings.
    pub(crate) async fn restart_with(&mut self, settings: &[(&str, &str)]) {
        self.processes.iter_mut().for_each(Process::kill);
        let Started { processes, api, auth, admin, worker } =
            start(self.shape, &self.database.url(), self.folder.path(), settings);
        (self.processes, self.auth, self.admin, self.worker) = (processes, auth, admin, worker);
        self.api = Api::at(&api).await;
    }

    /// The API, called as the sample super_admin.
    pub(crate) async fn super_admin(&self) -> Api {
        self.api.signed_in("admin", "admin123").await
    }

    /// The API, called as the sample admin.
    pub(crate) async fn manager(&self) -> Api {
        self.api.signed_in("manager", "admin123").await
    }

    /// The API, called as a sample user without privileges.
    pub(crate) async fn user(&self) -> Api {
        self.api.signed_in("user123", "password123").await
    }
}

struct Started {
    processes: Vec<Process>,
    api: String,
    auth: String,
    admin: String,
    worker: String,
}

/// `steward ARGUMENTS…` on this database, at ports assigned by the system.
pub(crate) fn launch(folder: &Path, url: &str, arguments: &[&str]) -> Launch {
    Launch::new(folder, arguments)
        .with("DATABASE_URL", url)
        .with("SECRET_KEY", SECRET_KEY)
        .with("STEWARD_BCRYPT_COST", "4")
        .at_any_ports()
}

fn start(shape: Shape, url: &str, folder: &Path, settings: &[(&str, &str)]) -> Started {
    let launch = |arguments: &[&str]| launch(folder, url, arguments).with_all(settings);
    if shape != Shape::Split {
        let mut process = launch(&["serve"]).start();
        let api = process.address_of("gateway");
        let (auth, admin, worker) = (api.clone(), api.clone(), api.clone());
        return Started { processes: vec![process], api, auth, admin, worker };
    }
    let (mut processes, mut urls) = (Vec::new(), Vec::new());
    for service in BEHIND_GATEWAY.into_iter().chain(["gateway"]) {
        let only = launch(&["serve", "--only", service]);
        let called = urls.iter().filter(|(service, _)| *service != WORKER);
        let launch = called.fold(only, |launch, (service, url): &(&str, String)| {
            launch.with(&format!("STEWARD_{}_URL", service.to_uppercase()), url)
        });
        let mut process = launch.start();
        urls.push((service, process.address_of(service)));
        processes.push(process);
    }
    let url = |service| urls.iter().find(|(other, _)| *other == service).map(|(_, url)| url.clone()).unwrap();
    Started { processes, api: url("gateway"), auth: url("auth"), admin: url("admin"), worker: url(WORKER) }
}
