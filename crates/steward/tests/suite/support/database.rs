use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use steward_testkit::servers::{Postgres, Template, TestDatabase};

use super::Launch;

/// A database for one test, removed with this value.
pub(crate) enum Database {
    /// A file in the folder of the test.
    Sqlite(String),
    /// A database of the shared server.
    Postgres(TestDatabase),
}

impl Database {
    /// An empty database in a file of the test's folder.
    pub(crate) fn empty_sqlite(folder: &Path) -> Self {
        Self::Sqlite(folder.join("data/steward.db").display().to_string())
    }

    /// An empty database on the shared server.
    pub(crate) fn empty_postgres() -> Self {
        Self::Postgres(TestDatabase::empty())
    }

    /// A migrated database with the sample users. It is copied, because migrating and hashing for each test is slow.
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

    /// Runs one statement directly in the database, and returns its rows, one per line, with columns separated by `|`.
    ///
    /// # Panics
    /// If it is not PostgreSQL.
    pub(crate) fn run(&self, statement: &str) -> Result<String, String> {
        self.postgres().run(statement).map_err(|error| error.to_string())
    }

    /// Runs statements that return no rows directly in the database, of either kind.
    pub(crate) fn execute(&self, statements: &str) {
        match self {
            Self::Postgres(database) => drop(database.run(statements).unwrap()),
            Self::Sqlite(file) => {
                let mut connection = SqliteConnection::establish(file).unwrap();
                connection.batch_execute(&format!("PRAGMA busy_timeout = 60000; {statements}")).unwrap();
            }
        }
    }

    /// Makes the next attempt to send each queued mail due, as if its delay or the claim of a killed process were over.
    pub(crate) fn make_mails_due(&self) {
        self.execute("UPDATE outbox SET next_attempt_at = created_at WHERE state = 'queued'");
    }

    /// Ends every connection to the database.
    ///
    /// # Panics
    /// If it is not PostgreSQL.
    pub(crate) fn terminate_connections(&self) {
        self.postgres().terminate_connections();
    }

    fn postgres(&self) -> &TestDatabase {
        match self {
            Self::Postgres(database) => database,
            Self::Sqlite(file) => panic!("a database of a server was expected, not {file}"),
        }
    }
}

/// Creates an empty database on a private server, and returns its URL.
pub(crate) fn database_of(server: &Postgres) -> String {
    server.run("CREATE DATABASE product OWNER steward").unwrap();
    server.url_of("product")
}
