use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryResult, r2d2};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::pool::{self, Pool};
use super::{DatabaseError, DatabaseSettings};

diesel::define_sql_function! {
    /// [`steward_domain::search_fold`]. SQLite's own `lower` converts ASCII only. It is not replaced, because other
    /// programs maintain indexes that use it.
    fn search_fold(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

diesel::define_sql_function! {
    /// Whether a folded text contains each of these words, which are separated by line feeds.
    fn search_holds(folded: diesel::sql_types::Text, words: diesel::sql_types::Text) -> diesel::sql_types::Bool;
}

/// More connections have no benefit: only one writes at a time, and the processor limits readers.
const MAX_CONNECTIONS: u32 = 8;

/// The first bytes of every SQLite database (file format, section 1.3).
const HEADER: &[u8] = b"SQLite format 3\0";

/// Attempts to turn the write-ahead log of a new file on: for five seconds, the time-out of other locks.
const WAL_ATTEMPTS: u32 = 500;
const WAL_PAUSE: Duration = Duration::from_millis(10);

/// The characters that a path in a URI must encode.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');

/// - WAL with `synchronous = FULL`: readers and the writer do not block each other, and commits survive a kill and a
///   power cut.
/// - `recursive_triggers`: REPLACE runs the delete triggers of the rows that it removes.
/// - `secure_delete`: the bytes of deleted rows are overwritten, so that an erasure leaves none in the file.
/// - `cache_size`: 2 MiB per connection; the page cache of the system has the rest.
/// - `analysis_limit`: statistics come from a sample of each table, which takes milliseconds. Without statistics SQLite
///   assumes that every index is selective. They are collected after migrations, and renewed as tables grow.
const PRAGMAS: &str = "
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA recursive_triggers = ON;
    PRAGMA secure_delete = ON;
    PRAGMA cache_size = -2048;
    PRAGMA temp_store = MEMORY;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA analysis_limit = 400;";

pub(super) fn create_pool(path: &str, settings: &DatabaseSettings) -> Result<Pool<SqliteConnection>, DatabaseError> {
    let is_database = create(Path::new(path)).map_err(|error| DatabaseError::File { path: path.to_owned(), error })?;
    if !is_database {
        return Err(DatabaseError::NotADatabase(path.to_owned()));
    }
    let path = path.to_owned();
    let size = settings.pool_size.min(MAX_CONNECTIONS);
    Ok(pool::create_pool(settings, size, Box::new(move || open(&path))))
}

/// Opens a connection and sets it up.
pub(super) fn open(path: &str) -> Result<SqliteConnection, r2d2::Error> {
    let mut connection = if is_read_only(path) { open_read_only(path) } else { open_writable(path) }?;
    connection.batch_execute(PRAGMAS).map_err(r2d2::Error::QueryError)?;
    search_fold_utils::register_impl(&mut connection, |text: String| steward_domain::search_fold(&text))
        .map_err(r2d2::Error::QueryError)?;
    search_holds_utils::register_impl(&mut connection, |folded: String, words: String| {
        words.split('\n').all(|word| folded.contains(word))
    })
    .map_err(r2d2::Error::QueryError)?;
    Ok(connection)
}

fn open_writable(path: &str) -> Result<SqliteConnection, r2d2::Error> {
    let mut connection = SqliteConnection::establish(path).map_err(r2d2::Error::ConnectionError)?;
    connection.batch_execute("PRAGMA busy_timeout = 5000").map_err(r2d2::Error::QueryError)?;
    write_ahead(&mut connection).map_err(r2d2::Error::QueryError)?;
    Ok(connection)
}

/// Whether the file exists and is not writable.
///
/// The file is not opened: a process that closes any descriptor of a file loses all its POSIX locks on the file, so
/// SQLite's too. Another program that then closes the database would delete the write-ahead log that is in use
/// ("How To Corrupt An SQLite Database File", section 2.2).
#[cfg(unix)]
pub(crate) fn is_read_only(path: &str) -> bool {
    use rustix::fs::{Access, access};
    access(path, Access::WRITE_OK).is_err_and(|error| is_refused(&error.into()))
}

/// Whether the file exists and is not writable.
#[cfg(not(unix))]
pub(crate) fn is_read_only(path: &str) -> bool {
    OpenOptions::new().append(true).open(path).is_err_and(|error| is_refused(&error))
}

fn is_refused(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

/// Opens a file that is not writable. To read beside writers, SQLite needs files in the same folder. If it cannot
/// create them there are no writers, and the file is opened as immutable.
fn open_read_only(path: &str) -> Result<SqliteConnection, r2d2::Error> {
    let uri = format!("file:{}?mode=ro", utf8_percent_encode(path, PATH));
    let open = |uri: &str| {
        let mut connection = SqliteConnection::establish(uri).map_err(r2d2::Error::ConnectionError)?;
        connection
            .batch_execute("PRAGMA busy_timeout = 5000; SELECT count(*) FROM sqlite_schema")
            .map_err(r2d2::Error::QueryError)?;
        Ok(connection)
    };
    open(&uri).or_else(|_: r2d2::Error| open(&format!("{uri}&immutable=1")))
}

/// Turns the write-ahead log on. On a new file this takes an exclusive lock for a moment, for which SQLite does not
/// wait, regardless of the time-out.
fn write_ahead(connection: &mut SqliteConnection) -> QueryResult<()> {
    let mut attempts = 0;
    loop {
        match connection.batch_execute("PRAGMA journal_mode = WAL") {
            Err(error) if attempts < WAL_ATTEMPTS && error.to_string().contains("database is locked") => attempts += 1,
            result => return result,
        }
        #[expect(clippy::disallowed_methods, reason = "connections are opened on threads that may block")]
        std::thread::sleep(WAL_PAUSE);
    }
}

/// Creates the file, readable by its owner only; SQLite gives its other files the same mode. Returns whether the file
/// is a database or empty. The process must not have a connection to it yet: see [`is_read_only`].
fn create(path: &Path) -> std::io::Result<bool> {
    let mut folder = DirBuilder::new();
    let mut file = OpenOptions::new();
    folder.recursive(true);
    file.read(true).append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        folder.mode(0o700);
        file.mode(0o600);
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        folder.create(parent)?;
    }
    let mut opened = match file.open(path) {
        // A file that is not writable can still be read.
        Err(error) if is_refused(&error) && path.is_file() => File::open(path)?,
        opened => opened?,
    };
    let mut beginning = Vec::with_capacity(HEADER.len());
    opened.by_ref().take(HEADER.len() as u64).read_to_end(&mut beginning)?;
    Ok(beginning.is_empty() || beginning == HEADER)
}

#[cfg(test)]
mod tests {
    use diesel::RunQueryDsl;
    use diesel::dsl::sql;
    use diesel::sql_types::BigInt;
    use steward_domain::ports::StoreError;

    use super::*;
    use crate::Database;
    use crate::failure::Failure;

    #[test]
    fn many_threads_open_a_new_file_at_once() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("steward.db");
            let opening: Vec<_> = (0..8)
                .map(|_| {
                    let path = path.clone();
                    std::thread::spawn(move || open(path.to_str().unwrap()).map(drop))
                })
                .collect();
            for one in opening {
                one.join().unwrap().unwrap();
            }
        }
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn connections_keep_their_locks_on_the_file() {
        use std::os::unix::fs::MetadataExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("steward.db");
        let url = format!("sqlite://{}", path.display());
        let database = Database::connect(&DatabaseSettings::new(url.parse().unwrap())).unwrap();
        database.migrate().await.unwrap();
        database.ping().await.unwrap();
        assert!(!database.is_read_only().await.unwrap());
        let inode = std::fs::metadata(&path).unwrap().ino();
        let process = std::process::id().to_string();
        let locks = std::fs::read_to_string("/proc/locks").unwrap();
        let is_locked = |line: &str| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            fields[4] == process && fields[5].rsplit(':').next() == Some(inode.to_string().as_str())
        };
        assert!(locks.lines().any(is_locked), "{locks}");
    }

    #[test]
    fn a_read_only_file_is_read_and_changes_are_temporarily_unavailable() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a %?file.db");
        let path = path.to_str().unwrap();
        open(path).unwrap().batch_execute("CREATE TABLE t (i integer); INSERT INTO t VALUES (1)").unwrap();
        let mut connection = open_read_only(path).unwrap();
        let count: i64 = diesel::select(sql::<BigInt>("(SELECT sum(i) FROM t)")).get_result(&mut connection).unwrap();
        assert_eq!(count, 1);
        let refused = connection.batch_execute("INSERT INTO t VALUES (2)").unwrap_err();
        assert!(matches!(Failure::<StoreError>::Sql(refused).into_error(), StoreError::Unavailable(_)));
    }
}
