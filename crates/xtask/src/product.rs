use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Builds the product with these arguments of `cargo build`, and returns the path of its binary. Returns `None` if the
/// build failed, which cargo has reported.
pub(crate) fn build(arguments: &[&str]) -> io::Result<Option<PathBuf>> {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--package", "steward", "--message-format", "json-render-diagnostics"])
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()?;
    let binary = output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok())
        .find_map(|message| message["executable"].as_str().map(PathBuf::from));
    Ok(binary.filter(|_| output.status.success()))
}
