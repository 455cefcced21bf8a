use std::path::Path;

use steward_testkit::servers::{Postgres, Template, TestDatabase};

use super::Launch;

/// A database for one test, gone with it.
pub(crate) enum Database {
    /// A file in the folder of the test.
    Sqlite(String),
    /// A database of the shared server.
    Postgres(TestDatabase),
}

impl Database {
    /// Without any table, in a folder of the test or on the shared server.
    pub(crate) fn empty_sqlite(folder: &Path) -> Self {
        Self::Sqlite(folder.join("data/steward.db").display().to_string())
    }

    /// Without any table.
    pub(crate) fn empty_postgres() -> Self {
        Self::Postgres(TestDatabase::empty())
    }

    /// Migrated, with the sample users in it: a copy, which is quicker than to migrate and to hash for each test.
    pub(crate) async fn postgres_with_sample_users() -> Self {
        static TEMPLATE: Template = Template::new();
        let fill = async |url: &str| {
            let folder = tempfile::tempdir().unwrap();
            for command in ["migrate", "sample-data"] {
                let launch = Launch::new(folder.path(), &[command]);
                launch.with("DATABASE_URL", url).with("STEWARD_BCRYPT_COST", "4").finish().ok();
            }
        };
        Self::Postgres(TEMPLATE.database(fill).await)
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(file) => format!("sqlite://{file}"),
            Self::Postgres(database) => database.url().to_owned(),
        }
    }

    /// Runs one statement behind the product's back, and returns its rows, a line each, columns separated by `|`.
    ///
    /// # Panics
    /// If it is no PostgreSQL.
    pub(crate) fn run(&self, statement: &str) -> Result<String, String> {
        let Self::Postgres(database) = self else { panic!("not on an embedded database: {statement}") };
        database.run(statement).map_err(|error| error.to_string())
    }
}

/// Makes an empty database on a server of the test's own, and returns its URL.
pub(crate) fn database_of(server: &Postgres) -> String {
    server.run("CREATE DATABASE product OWNER steward").unwrap();
    server.url_of("product")
}
