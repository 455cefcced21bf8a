//! `cargo xtask bench`: measures the release binary on PostgreSQL, in one process and through the split gateway, and
//! compares it with a peer that has the same endpoints.
//!
//! - [`calls`]: the measured calls, as lists of [`request`]s to a [`target`].
//! - [`wrk`]: the load generator; [`usage`]: resource usage, from `/proc`; [`measure`]: both together.
//! - [`database`], [`steward`], [`peer`]: the running servers, which end with the command.
//! - [`console`]: the console's pages, with one client.
//! - [`hashing`]: the bcrypt crate alone, as the reference for sign-ins.
//! - [`storm`]: a separate scenario, in which many users sign in at once.
//! - [`mail`]: a separate scenario, in which one process sends queued mails.
//! - [`report`]: the tables.

mod arguments;
mod calls;
mod console;
mod database;
mod hashing;
mod http;
mod machine;
mod mail;
mod measure;
mod peer;
mod report;
mod request;
mod steward;
mod storm;
mod target;
mod usage;
mod wrk;

use std::process::ExitCode;

use crate::{Failure, packages};
pub(crate) use arguments::Arguments;
use arguments::Scenario;
use calls::Call;
use database::Database;
use measure::Measured;
use report::Report;
use steward::{Shape, Steward};
use target::Target;

/// Why the benchmark failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    /// A server did not start.
    #[error(transparent)]
    Server(#[from] steward_testkit::servers::ServerError),
    /// A request outside the measurement failed.
    #[error("{url}: {reason}")]
    Request {
        /// The URL.
        url: String,
        /// The failure.
        reason: String,
    },
    /// A program failed.
    #[error("{program} failed: {message}")]
    Program {
        /// The program.
        program: &'static str,
        /// The last lines of its output.
        message: String,
    },
    /// A system call failed.
    #[error("{doing}: {source}")]
    Io {
        /// The operation.
        doing: &'static str,
        /// The cause.
        source: std::io::Error,
    },
}

impl BenchError {
    fn io(doing: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }
}

/// Measures, and prints the tables.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    packages::ensure_for_bench()?;
    let binary = arguments.binary()?;
    progress("loading the database");
    let database = Database::start(arguments)?;
    steward::prepare(&binary, &database)?;
    database.fill(arguments)?;
    let peer = peer::start(arguments, &database)?;
    database.settle(arguments)?;
    if let Some(scenario) = arguments.scenario {
        let table = match scenario {
            Scenario::Storm => storm::run(&binary, &database, arguments)?,
            Scenario::Mail => mail::run(&binary, &database, arguments)?,
        };
        report::publish(&table, arguments)?;
        return Ok(ExitCode::SUCCESS);
    }

    let one = Steward::start(Shape::OneProcess, &binary, &database, arguments)?;
    let split = Steward::start(Shape::Split, &binary, &database, arguments)?;
    let mut report = Report::new(arguments);
    report.starts([&one, &split]);

    progress("signing in");
    let ours = target::log_in(&one.url, arguments.sessions())?;
    let mut targets = vec![
        Target::new("one process", &one.url, &ours, one.process_ids()).on(database.process_id()),
        // The same tokens: both shapes share the database and the key.
        Target::new("split", &split.url, &ours, split.process_ids()).on(database.process_id()),
    ];
    if let Some(peer) = &peer {
        let sessions = target::log_in(&peer.url, arguments.sessions())?;
        let target = Target::new("peer", &peer.url, &sessions, peer.process_ids());
        targets.push(if peer.is_on_our_postgres() { target.on(database.process_id()) } else { target });
    }

    for call in calls::all(arguments) {
        report.call(&call, &in_turns(&call, &targets, call.clients(arguments), arguments)?);
        if call.is_login() {
            progress("hashing with the bcrypt crate alone");
            report.hashing(hashing::verifications_per_second(call.seconds(arguments)));
        }
    }
    for call in calls::all(arguments).into_iter().filter(|call| call.is_light && !arguments.smoke) {
        report.one_client(&call, &in_turns(&call, &targets[..2], 1, arguments)?);
    }
    if arguments.wants("console") {
        progress("the console's pages");
        report.console(&console::measure(&one.console)?);
    }
    report.finish(arguments)?;
    Ok(ExitCode::SUCCESS)
}

/// The median round of each target that has the call. The targets take turns, so that variations of the machine's speed
/// affect all of them.
fn in_turns(
    call: &Call,
    targets: &[Target],
    clients: u32,
    arguments: &Arguments,
) -> Result<Vec<Option<Measured>>, BenchError> {
    let requests: Vec<_> = targets.iter().map(|target| call.requests(target)).collect::<Result<_, _>>()?;
    let mut rounds = vec![Vec::new(); targets.len()];
    for round in 1..=arguments.rounds() {
        for ((target, requests), measured) in targets.iter().zip(&requests).zip(&mut rounds) {
            let Some(requests) = requests else { continue };
            progress(&format!("{} ({}, {clients} clients, round {round})", call.name, target.name));
            measured.push(measure::drive(requests, call, target, clients, arguments)?);
        }
    }
    Ok(rounds.into_iter().map(Measured::median).collect())
}

/// Prints the current step.
fn progress(what: &str) {
    println!("… {what}");
}
