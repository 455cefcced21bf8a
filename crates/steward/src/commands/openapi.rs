use std::io::Write;

use crate::failure::Failure;
use crate::wiring::spec;

/// Prints the description of the API.
pub(super) fn run() -> Result<(), Failure> {
    let spec = serde_json::to_string_pretty(&spec::describe_api())?;
    Ok(writeln!(std::io::stdout(), "{spec}")?)
}
