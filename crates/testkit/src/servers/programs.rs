//! Finds the servers' programs, in the `PATH` or in the folders of the systems' packages.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use super::ServerError;

/// Finds a program of PostgreSQL; the newest release if several are installed.
pub fn postgres(name: &'static str) -> Result<PathBuf, ServerError> {
    let mut releases: Vec<PathBuf> =
        ["/usr/lib/postgresql", "/usr/libexec/postgresql", "/opt/homebrew/opt", "/usr/local/opt"]
            .iter()
            .flat_map(|parent| fs::read_dir(parent).into_iter().flatten().flatten())
            .map(|entry| entry.path())
            .filter(|path| release(path).is_some())
            .map(|path| path.join("bin"))
            .collect();
    releases.sort_by_key(|bin| std::cmp::Reverse(bin.parent().and_then(release)));
    releases.extend(["/usr/pgsql/bin", "/usr/local/pgsql/bin"].map(PathBuf::from));
    find(name, releases).ok_or(ServerError::Missing(name))
}

/// Finds the Redis server, or Valkey, which has the same protocol.
pub fn redis_server() -> Result<PathBuf, ServerError> {
    any(&["redis-server", "valkey-server"]).ok_or(ServerError::Missing("redis-server"))
}

/// Finds a Chromium for browser tests.
pub fn chromium() -> Result<PathBuf, ServerError> {
    any(&["chromium", "chromium-browser", "google-chrome"]).ok_or(ServerError::Missing("chromium"))
}

/// Finds the `WebDriver` server of Chromium.
pub fn chromedriver() -> Result<PathBuf, ServerError> {
    any(&["chromedriver", "chromium.chromedriver"]).ok_or(ServerError::Missing("chromedriver"))
}

/// Finds the load generator of `cargo xtask bench`.
pub fn wrk() -> Result<PathBuf, ServerError> {
    any(&["wrk"]).ok_or(ServerError::Missing("wrk"))
}

fn any(names: &[&str]) -> Option<PathBuf> {
    names.iter().find_map(|name| find(name, Vec::new()))
}

/// The release number in a folder's name: `15`, `postgresql15`, `postgresql@15`.
fn release(path: &Path) -> Option<u32> {
    let name = path.file_name()?.to_str()?;
    name.strip_prefix("postgresql").unwrap_or(name).trim_start_matches('@').parse().ok()
}

fn find(name: &str, after_path: Vec<PathBuf>) -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "the `PATH` is not a setting of the product")]
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(after_path)
        .chain(["/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}
