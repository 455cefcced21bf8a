//! Files of the repository that the binary prints: the OpenAPI description, and the reference of settings.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use crate::Failure;

/// A file that a command of the binary prints.
pub(crate) struct Generated {
    /// Its path in the repository.
    file: &'static str,
    /// The command of the binary.
    command: &'static str,
    /// The xtask command that writes it.
    task: &'static str,
}

/// The OpenAPI description of the API.
pub(crate) const SPEC: Generated = Generated { file: "openapi/steward.json", command: "openapi", task: "openapi" };
/// The reference of settings and commands.
pub(crate) const REFERENCE: Generated = Generated { file: "docs/configuration.md", command: "docs", task: "docs" };

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Write nothing; fail if the file is stale
    #[arg(long)]
    check: bool,
}

impl Generated {
    /// Runs the binary, and writes or compares the file.
    pub(crate) fn run(&self, arguments: &Arguments) -> Result<ExitCode, Failure> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        println!("{}", self.update(&root, &self.print()?, arguments.check)?);
        Ok(ExitCode::SUCCESS)
    }

    /// Writes the file below `root`; if `check` is set, fails if it is stale. Returns a message.
    fn update(&self, root: &Path, current: &[u8], check: bool) -> Result<String, Failure> {
        let Self { file, task, .. } = self;
        let path = root.join(file);
        if fs::read(&path).is_ok_and(|published| published == current) {
            return Ok(format!("{file} is up to date"));
        }
        if check {
            return Err(format!("{file} is stale: run `cargo xtask {task}` and commit it").into());
        }
        fs::create_dir_all(path.parent().ok_or("no folder to write to")?)?;
        fs::write(&path, current)?;
        Ok(format!("{file} is written"))
    }

    fn print(&self) -> Result<Vec<u8>, Failure> {
        let output = Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--package", "steward", "--", self.command])
            .stderr(Stdio::inherit())
            .output()?;
        if !output.status.success() || output.stdout.is_empty() {
            return Err(format!("`steward {}` failed", self.command).into());
        }
        Ok(output.stdout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_fails_while_the_file_is_stale_and_writes_nothing() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join(REFERENCE.file);
        let stale = "docs/configuration.md is stale: run `cargo xtask docs` and commit it";
        for text in ["first", "second"] {
            let before = fs::read(&path).ok();
            let failure = REFERENCE.update(root.path(), text.as_bytes(), true).unwrap_err();
            assert_eq!(failure.to_string(), stale);
            assert_eq!(fs::read(&path).ok(), before);
            REFERENCE.update(root.path(), text.as_bytes(), false).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            REFERENCE.update(root.path(), text.as_bytes(), true).unwrap();
        }
    }
}
