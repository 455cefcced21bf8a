use std::io::{BufRead, BufReader};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use steward_testkit::servers::shared::{POSTGRES_URL, REDIS_URL};
use steward_testkit::servers::{Postgres, Redis};

use crate::{Failure, packages};

/// Run all tests, against private PostgreSQL and Redis servers
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Arguments of `cargo test`: `-p steward-persistence`, `search -- --nocapture`, …
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    cargo_test: Vec<String>,
}

/// Runs `cargo test`, and returns its exit code.
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
    println!("{}", summary.to_text(begun));
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// `cargo test` of the whole workspace, unless the arguments name packages.
fn cargo_test(arguments: &[String]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.arg("test");
    // A full backtrace of each failure would hide the message.
    #[expect(clippy::disallowed_methods, reason = "a setting of the tests, not of the product")]
    let backtrace = std::env::var_os("RUST_BACKTRACE");
    if backtrace.is_some_and(|wanted| wanted == "full") {
        command.env("RUST_BACKTRACE", "1");
    }
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

/// Number of lines per failure that are repeated at the end, and number of failures that are repeated with lines.
const LINES: usize = 12;
const SHOWN: usize = 10;

/// The summed results of the test programs, and the first lines of each failed test.
#[derive(Debug, Default, PartialEq, Eq)]
struct Summary {
    passed: u64,
    failed: u64,
    ignored: u64,
    failures: Vec<FailedTest>,
    /// The failure whose output is being read.
    reading: Option<usize>,
}

#[derive(Debug, PartialEq, Eq)]
struct FailedTest {
    name: String,
    output: Vec<String>,
    /// Whether the rest is skipped: the frames of a backtrace, or lines beyond the limit.
    is_cut: bool,
}

impl Summary {
    fn read(&mut self, line: &str) {
        if let Some(counts) = line.strip_prefix("test result: ") {
            self.reading = None;
            for count in counts.split([';', '.']) {
                match count.trim().split_once(' ') {
                    Some((count, "passed")) => self.passed += count.parse().unwrap_or(0),
                    Some((count, "failed")) => self.failed += count.parse().unwrap_or(0),
                    Some((count, "ignored")) => self.ignored += count.parse().unwrap_or(0),
                    _ => {}
                }
            }
        } else if let Some(name) = line.strip_prefix("test ").and_then(|line| line.strip_suffix(" ... FAILED")) {
            self.failures.push(FailedTest { name: name.to_owned(), output: Vec::new(), is_cut: false });
        } else if let Some(name) = line.strip_prefix("---- ").and_then(|line| line.strip_suffix(" stdout ----")) {
            // The last test of that name: another program may have a test with the same name.
            self.reading = self.failures.iter().rposition(|failure| failure.name == name);
        } else if line == "failures:" {
            self.reading = None;
        } else if let Some(failure) = self.reading.and_then(|at| self.failures.get_mut(at)) {
            failure.read(line);
        }
    }

    fn to_text(&self, begun: Instant) -> String {
        let mut text = String::from("\n");
        for (at, failure) in self.failures.iter().enumerate() {
            text = text + "FAILED " + &failure.name + "\n";
            let output = if at < SHOWN { failure.output.as_slice() } else { &[] };
            text = output.iter().fold(text, |text, line| text + "    " + line + "\n");
        }
        let Self { passed, failed, ignored, .. } = self;
        let seconds = begun.elapsed().as_secs();
        text + &format!(
            "{passed} passed, {failed} failed, {ignored} ignored in {} min {} s",
            seconds / 60,
            seconds % 60
        )
    }
}

impl FailedTest {
    fn read(&mut self, line: &str) {
        if line.starts_with("stack backtrace:") || self.output.len() == LINES {
            self.is_cut = true;
        }
        if !self.is_cut && !line.trim().is_empty() && !line.starts_with("note: run with `RUST_BACKTRACE") {
            self.output.push(line.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(lines: &[&str]) -> Summary {
        let mut summary = Summary::default();
        for line in lines {
            summary.read(line);
        }
        summary
    }

    #[test]
    fn results_are_summed_and_failures_listed() {
        let summary = summary(&[
            "running 3 tests",
            "test users::a_test ... ok",
            "test users::another ... FAILED",
            "test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: ok. 20 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        ]);
        assert_eq!((summary.passed, summary.failed, summary.ignored), (21, 1, 3));
        let names: Vec<_> = summary.failures.iter().map(|failure| failure.name.as_str()).collect();
        assert_eq!(names, ["users::another"]);
    }

    #[test]
    fn a_run_ends_with_the_first_lines_of_each_failure() {
        let long: Vec<String> = (0..30).map(|n| format!("line {n}")).collect();
        let mut lines = vec![
            "test one ... FAILED",
            "test two ... FAILED",
            "",
            "failures:",
            "",
            "---- one stdout ----",
            "",
            "thread 'one' panicked at src/lib.rs:1:1:",
            "assertion failed: it holds",
            "stack backtrace:",
            "   0: __rustc::rust_begin_unwind",
            "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
            "",
            "---- two stdout ----",
        ];
        lines.extend(long.iter().map(String::as_str));
        lines.extend(["", "failures:", "    one", "    two", "", "test result: FAILED. 0 passed; 2 failed; 0 ignored"]);
        let lines = summary(&lines).to_text(Instant::now());
        let lines: Vec<&str> = lines.lines().collect();
        assert_eq!(
            lines[..5],
            [
                "",
                "FAILED one",
                "    thread 'one' panicked at src/lib.rs:1:1:",
                "    assertion failed: it holds",
                "FAILED two",
            ]
        );
        assert_eq!((lines[5], lines[4 + LINES]), ("    line 0", "    line 11"));
        assert!(lines[5 + LINES].starts_with("0 passed, 2 failed, 0 ignored in "), "{lines:?}");
        assert_eq!(lines.len(), 6 + LINES);
    }
}
