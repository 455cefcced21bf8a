//! `steward doctor`: checks the deployment, and prints how to fix each failure.
//!
//! - [`checks`]: one function per check.
//! - [`mail`]: whether mails can be sent.
//! - [`live`]: whether the server with these settings is ready.

mod checks;
mod live;
mod mail;

use std::io::{self, IsTerminal, Write};

use clap::builder::styling::{AnsiColor, Style};
use steward_domain::Email;

use crate::cli::Options;
use crate::config::{self, Variables};
use crate::failure::Failure;
use crate::services::descriptions;

pub(super) use live::live;

/// The result of a check.
pub(super) enum Check {
    /// The check passed; the text describes what it found.
    Ok(String),
    /// The deployment works, but should be changed; the text says what and how.
    Warn(String),
    /// The deployment does not work; the text says why, and how to fix it.
    Fail(String),
}

/// Runs all checks, and prints their results. Sends a test mail to `mail_to`.
pub(super) async fn run(options: &Options, mail_to: Option<&Email>) -> Result<(), Failure> {
    let services: Vec<_> = descriptions().map(|service| service.id).collect();
    let settings = match config::load(options, &Variables::of_process(), &services) {
        Ok(settings) => settings,
        Err(errors) => {
            for error in &errors {
                report("settings", &Check::Fail(error.to_string()))?;
            }
            return Err(verdict(errors.len()));
        }
    };
    let mut results = vec![("settings", Check::Ok(format!("valid for {}", settings.environment.name())))];
    results.extend(settings.warnings.iter().map(|warning| ("settings", Check::Warn(warning.clone()))));
    results.push(("keys", checks::keys(&settings)));
    results.extend(checks::database(&settings).await.into_iter().map(|result| ("database", result)));
    results.push(("redis", checks::redis(&settings).await));
    results.extend(mail::mail(&settings, mail_to).await.into_iter().map(|result| ("mail", result)));
    results.extend(services.iter().map(|service| ("ports", checks::port(&settings, *service))));
    for (name, result) in &results {
        report(name, result)?;
    }
    match results.iter().filter(|(_, result)| matches!(result, Check::Fail(_))).count() {
        0 => Ok(writeln!(io::stdout(), "\nNo check failed.")?),
        failed => Err(verdict(failed)),
    }
}

fn report(name: &str, result: &Check) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let (mark, colour, text) = match result {
        Check::Ok(text) => ("ok", AnsiColor::Green, text),
        Check::Warn(text) => ("warn", AnsiColor::Yellow, text),
        Check::Fail(text) => ("fail", AnsiColor::Red, text),
    };
    let style = if out.is_terminal() { colour.on_default() } else { Style::new() };
    writeln!(out, "{style}{mark:<6}{style:#}{name:<10}{text}")
}

fn verdict(failed: usize) -> Failure {
    Failure::CheckFailed(if failed == 1 { "1 check failed".to_owned() } else { format!("{failed} checks failed") })
}
