use std::process::Command;

use super::{ServerError, programs};

/// Runs one statement through psql, and returns its output: a row per line, with columns separated by `|`.
pub(super) fn run(url: &str, statement: &str) -> Result<String, ServerError> {
    let output = Command::new(programs::postgres("psql")?)
        .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statement])
        .output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
    }
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(ServerError::Failed { program: format!("psql -c {statement:?}"), message })
}
