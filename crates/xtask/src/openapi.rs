use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use crate::Failure;

/// Where the published spec is kept.
const PUBLISHED: &str = "openapi/steward.json";

/// Write openapi/steward.json, which is made from the code
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Write nothing; fail if the file is stale
    #[arg(long)]
    check: bool,
}

/// Asks the binary for its spec, and keeps it or compares it.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let current = spec()?;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(PUBLISHED);
    let published = fs::read(&file).unwrap_or_default();
    if published == current {
        println!("{PUBLISHED} is up to date");
    } else if arguments.check {
        return Err(format!("{PUBLISHED} is stale: run `cargo xtask openapi` and commit it").into());
    } else {
        fs::create_dir_all(file.parent().ok_or("no folder to write to")?)?;
        fs::write(&file, current)?;
        println!("{PUBLISHED} is written");
    }
    Ok(ExitCode::SUCCESS)
}

fn spec() -> Result<Vec<u8>, Failure> {
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--package", "steward", "--", "openapi"])
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() || output.stdout.is_empty() {
        return Err("`steward openapi` failed".into());
    }
    Ok(output.stdout)
}
