use std::io::{BufRead, BufReader, PipeReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

use crate::Failure;

/// A running console with the sample users in its own database. It ends when dropped.
pub(super) struct Console {
    /// The URL of the console.
    pub(super) url: String,
    process: Child,
    // The working directory, which has no .env and holds the data.
    _folder: TempDir,
}

impl Console {
    pub(super) fn start(binary: &Path) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let (reader, writer) = std::io::pipe()?;
        let addresses = ["STEWARD_API_ADDR", "STEWARD_CONSOLE_ADDR"].map(|variable| (variable, "127.0.0.1:0"));
        let process = Command::new(binary)
            .current_dir(folder.path())
            .env_clear()
            .envs(addresses)
            .env("STEWARD_LOG_FORMAT", "json")
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .spawn()?;
        let mut console = Self { url: String::new(), process, _folder: folder };
        console.url = address(reader)?;
        Ok(console)
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads the log until the console listens. A thread continues to read, so that the pipe does not fill up.
fn address(log: PipeReader) -> Result<String, Failure> {
    let mut lines = BufReader::new(log).lines().map_while(Result::ok);
    let mut output = String::new();
    for line in lines.by_ref() {
        let entry: Value = serde_json::from_str(&line).unwrap_or_default();
        if let (Some("listening"), Some("console"), Some(address)) =
            (entry["message"].as_str(), entry["service"].as_str(), entry["address"].as_str())
        {
            let address = address.to_owned();
            thread::spawn(move || lines.for_each(drop));
            return Ok(address);
        }
        output += &line;
        output.push('\n');
    }
    Err(format!("the console did not start:\n{output}").into())
}
