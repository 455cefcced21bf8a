//! `cargo xtask bench storm`: many users sign in at once, while a signed-in user continues to work.

use std::path::Path;
use std::thread;
use std::time::Duration;

use super::arguments::Arguments;
use super::database::Database;
use super::request::Request;
use super::steward::{Shape, Steward};
use super::wrk::Sample;
use super::{BenchError, hashing, machine, progress, target, wrk};

/// Sign-ins are slow, because each waits for all before it, so that they are measured longer.
const PATIENCE: u32 = 4;

/// Pause between the requests of the signed-in user, who would otherwise load the server, too.
const PAUSE: Duration = Duration::from_millis(10);

/// Measures the scenario, and returns its table as Markdown.
pub(super) fn run(binary: &Path, database: &Database, arguments: &Arguments) -> Result<String, BenchError> {
    let server = Steward::start(Shape::OneProcess, binary, database, arguments)?;
    let time = Duration::from_secs(u64::from(arguments.seconds() * PATIENCE));
    let people = target::log_in(&server.url, 1)?;
    let me: Vec<Request> = people.each_user(Request::me).collect();

    progress("hashing with the bcrypt crate alone");
    let alone = hashing::verifications_per_second(arguments.seconds() * PATIENCE);
    progress("one client, before the storm");
    let someone = |time| wrk::drive_with_pauses(&server.url, &me, 1, time, PAUSE);
    let before = someone(Duration::from_secs(arguments.seconds().into()))?;
    progress("the storm");
    let (logins, during) = thread::scope(|scope| {
        let storm = scope.spawn(|| wrk::drive(&server.url, &[Request::login()], arguments.clients(), time));
        let during = someone(time);
        let logins = storm.join().map_err(|_| BenchError::Program { program: "wrk", message: "it panicked".into() });
        Ok::<_, BenchError>((logins??, during?))
    })?;

    let rate = |sample: &Sample| sample.requests / sample.seconds;
    let row = |name: &str, sample: &Sample| {
        let Sample { p50, p99, errors, .. } = sample;
        format!("| {name} | {:.1} | {p50:.2} | {p99:.2} | {errors:.0} |\n", rate(sample))
    };
    Ok(format!(
        "{}; {} clients sign in for {} s\n\n| | req/s | p50 ms | p99 ms | errors |\n|---|--:|--:|--:|--:|\n{}{}{}\n\
         bcrypt alone, all cores: {alone:.2} verifications/s; sign-ins reach {:.0} % of it.\n",
        machine::day_and_machine(),
        arguments.clients(),
        time.as_secs(),
        row("me, one client, before", &before),
        row("me, one client, in the storm", &during),
        row("login", &logins),
        100.0 * rate(&logins) / alone,
    ))
}
