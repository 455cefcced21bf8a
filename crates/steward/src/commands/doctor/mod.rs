//! `steward doctor`: what is wrong, and how to fix it.
//!
//! - [`checks`]: one function per thing that can be wrong.
//! - [`live`]: whether the server that runs with these settings is ready.

mod checks;
mod live;

use std::io::{self, IsTerminal, Write};

use clap::builder::styling::{AnsiColor, Style};

use crate::cli::{Options, Service};
use crate::config::{self, Variables};
use crate::failure::Failure;

pub(super) use live::live;

/// What a check found.
pub(super) enum Check {
    /// Nothing is wrong; what is there.
    Ok(String),
    /// It works, and should not stay so: what, and what to do.
    Warn(String),
    /// It does not work: what is wrong, and what to do.
    Fail(String),
}

/// Checks everything, and prints what it finds.
pub(super) async fn run(options: &Options) -> Result<(), Failure> {
    let settings = match config::load(options, &Variables::of_process(), &Service::ALL.into()) {
        Ok(settings) => settings,
        Err(wrong) => {
            for wrong in &wrong {
                report("settings", &Check::Fail(wrong.to_string()))?;
            }
            return Err(verdict(wrong.len()));
        }
    };
    let mut findings = vec![("settings", Check::Ok(format!("right, for {}", settings.environment.name())))];
    findings.extend(settings.warnings.iter().map(|warning| ("settings", Check::Warn(warning.clone()))));
    findings.push(("keys", checks::keys(&settings)));
    findings.extend(checks::database(&settings).await.into_iter().map(|finding| ("database", finding)));
    findings.push(("redis", checks::redis(&settings).await));
    findings.extend(Service::ALL.map(|service| ("ports", checks::port(&settings, service))));
    for (name, finding) in &findings {
        report(name, finding)?;
    }
    match findings.iter().filter(|(_, finding)| matches!(finding, Check::Fail(_))).count() {
        0 => Ok(writeln!(io::stdout(), "\nNothing is wrong.")?),
        wrong => Err(verdict(wrong)),
    }
}

fn report(name: &str, finding: &Check) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let (mark, colour, text) = match finding {
        Check::Ok(text) => ("ok", AnsiColor::Green, text),
        Check::Warn(text) => ("warn", AnsiColor::Yellow, text),
        Check::Fail(text) => ("fail", AnsiColor::Red, text),
    };
    let style = if out.is_terminal() { colour.on_default() } else { Style::new() };
    writeln!(out, "{style}{mark:<6}{style:#}{name:<10}{text}")
}

fn verdict(wrong: usize) -> Failure {
    Failure::Unwell(if wrong == 1 { "one thing is wrong".to_owned() } else { format!("{wrong} things are wrong") })
}
