use std::io::{BufRead, BufReader};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use steward_testkit::servers::shared::{POSTGRES_URL, REDIS_URL};
use steward_testkit::servers::{Postgres, Redis};

use crate::{Failure, packages};

/// Run all tests, against private PostgreSQL and Redis servers that are started for them
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What to hand on to `cargo test`: `-p steward-persistence`, `search -- --nocapture`, …
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    cargo_test: Vec<String>,
}

/// Runs `cargo test`, and ends as it ends.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let begun = Instant::now();
    packages::ensure()?;
    let postgres = Postgres::start()?;
    let redis = Redis::start()?;
    let version = postgres.run("SHOW server_version")?;
    println!("PostgreSQL {version} on port {}, Redis on port {}", postgres.port(), redis.port());
    let trigrams = postgres.run("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'")?;
    if trigrams == "0" {
        return Err("PostgreSQL lacks the extension pg_trgm: install its contrib modules".into());
    }
    let mut command = cargo_test(&arguments.cargo_test);
    command.env(POSTGRES_URL, postgres.url()).env(REDIS_URL, redis.url()).stdout(Stdio::piped());
    let mut child = command.spawn()?;
    let mut summary = Summary::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).into_owned();
            println!("{line}");
            summary.read(&line);
        }
    }
    let status = child.wait()?;
    println!("{}", summary.tell(begun));
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// `cargo test` of the whole workspace, unless the arguments name packages.
fn cargo_test(arguments: &[String]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.arg("test");
    let ours = arguments.iter().take_while(|argument| *argument != "--");
    let names_packages = |argument: &String| argument.starts_with("-p") || argument.starts_with("--package");
    if !ours.clone().any(names_packages) {
        command.arg("--workspace");
    }
    if !ours.clone().any(|argument| argument == "--no-fail-fast") {
        command.arg("--no-fail-fast");
    }
    command.args(arguments);
    command
}

/// What the test programs say at their ends, added up.
#[derive(Debug, Default, PartialEq, Eq)]
struct Summary {
    passed: u64,
    failed: u64,
    ignored: u64,
    failures: Vec<String>,
}

impl Summary {
    fn read(&mut self, line: &str) {
        if let Some(counts) = line.strip_prefix("test result: ") {
            for count in counts.split([';', '.']) {
                match count.trim().split_once(' ') {
                    Some((count, "passed")) => self.passed += count.parse().unwrap_or(0),
                    Some((count, "failed")) => self.failed += count.parse().unwrap_or(0),
                    Some((count, "ignored")) => self.ignored += count.parse().unwrap_or(0),
                    _ => {}
                }
            }
        } else if let Some(name) = line.strip_prefix("test ").and_then(|line| line.strip_suffix(" ... FAILED")) {
            self.failures.push(name.to_owned());
        }
    }

    fn tell(&self, begun: Instant) -> String {
        let failures = self.failures.iter().fold(String::new(), |list, name| list + "FAILED " + name + "\n");
        let Self { passed, failed, ignored, .. } = self;
        let seconds = begun.elapsed().as_secs();
        format!(
            "\n{failures}{passed} passed, {failed} failed, {ignored} ignored in {} min {} s",
            seconds / 60,
            seconds % 60
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_added_up_and_failures_named() {
        let mut summary = Summary::default();
        for line in [
            "running 3 tests",
            "test users::a_test ... ok",
            "test users::another ... FAILED",
            "test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: ok. 20 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        ] {
            summary.read(line);
        }
        let failures = vec!["users::another".to_owned()];
        assert_eq!(summary, Summary { passed: 21, failed: 1, ignored: 3, failures });
    }
}
