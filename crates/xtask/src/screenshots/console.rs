use std::io::{BufRead, BufReader, PipeReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

use crate::Failure;

/// The product, running with the sample users in a database of its own. Ends when dropped.
pub(super) struct Console {
    /// Where the console is.
    pub(super) url: String,
    process: Child,
    // Where it was started: no .env is found there, and its data go there.
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

/// Reads the log until it tells where the console listens, and goes on reading so that the server can go on writing.
fn address(log: PipeReader) -> Result<String, Failure> {
    let mut lines = BufReader::new(log).lines().map_while(Result::ok);
    let mut said = String::new();
    for line in lines.by_ref() {
        let entry: Value = serde_json::from_str(&line).unwrap_or_default();
        if let (Some("listening"), Some("console"), Some(address)) =
            (entry["message"].as_str(), entry["service"].as_str(), entry["address"].as_str())
        {
            let address = address.to_owned();
            thread::spawn(move || lines.for_each(drop));
            return Ok(address);
        }
        said += &line;
        said.push('\n');
    }
    Err(format!("the console does not start:\n{said}").into())
}
