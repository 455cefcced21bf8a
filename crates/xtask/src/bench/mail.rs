//! `cargo xtask bench mail`: one process sends queued mails to a mail server on this machine, and then stores requests for
//! new passwords at the same time.

use std::path::Path;
use std::time::{Duration, Instant};

use steward_testkit::servers::smtp::SmtpServer;

use super::arguments::Arguments;
use super::database::Database;
use super::request::Request;
use super::steward::{Shape, Steward};
use super::wrk::{self, Sample};
use super::{BenchError, machine, progress};

/// Mails that are sent in a row of the table.
const MAILS: usize = 4_000;

/// The rows: queued mails, and domains of their addresses.
const ROWS: [(usize, usize); 3] = [(MAILS, 1), (MAILS, 100), (100_000, 100)];

/// Measures the scenario, and returns its table as Markdown.
pub(super) fn run(binary: &Path, database: &Database, arguments: &Arguments) -> Result<String, BenchError> {
    let mails = if arguments.smoke { MAILS / 10 } else { MAILS };
    let table = format!(
        "{}; {mails} mails to a mail server on the same machine\n\n| queued | domains | mails/s |\n|--:|--:|--:|\n",
        machine::day_and_machine()
    );
    let server = SmtpServer::start()?;
    let url = server.url();
    let settings = [("STEWARD_ENV", "development"), ("STEWARD_MAIL_URL", &*url), ("STEWARD_LIMIT_MAIL", "off")];
    let process = Steward::start_with(Shape::OneProcess, binary, database, arguments, &settings)?;
    let mut rows = Vec::new();
    for (queued, domains) in ROWS {
        let queued = if queued == MAILS { mails } else { queued };
        progress(&format!("{queued} mails to {domains} domains"));
        let before = server.accepted();
        database.queue_mails(queued, domains)?;
        // The time until the task looks for mails is not measured.
        let first = server.wait_for(before + 1).len();
        let began = Instant::now();
        let sent = server.wait_for(before + mails).len() - first;
        let rate = f64::from(u32::try_from(sent).unwrap_or(u32::MAX)) / began.elapsed().as_secs_f64();
        rows.push(format!("| {queued} | {domains} | {rate:.0} |\n"));
    }
    rows.push("\n| forgot-password, clients | req/s | p50 ms | p99 ms | errors |\n|--:|--:|--:|--:|--:|\n".to_owned());
    for clients in [1, arguments.clients()] {
        progress(&format!("forgot-password, {clients} clients"));
        let time = Duration::from_secs(arguments.seconds().into());
        let Sample { requests, seconds, p50, p99, errors, .. } =
            wrk::drive(&process.url, &[Request::forgot_password()], clients, time)?;
        rows.push(format!("| {clients} | {:.0} | {p50:.2} | {p99:.2} | {errors:.0} |\n", requests / seconds));
    }
    Ok(table + &rows.concat())
}
