//! Development tasks of this repository, one file per command: `cargo xtask --help`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line prints its results")]

mod bench;
mod breached_passwords;
mod generated;
mod packages;
mod product;
#[cfg(test)]
mod prose;
mod screenshots;
mod test;

use std::process::ExitCode;

use clap::Parser;

/// Development tasks of this repository
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
enum Command {
    Test(test::Arguments),
    /// Write openapi/steward.json, the description of the API, from the code
    Openapi(generated::Arguments),
    /// Write docs/configuration.md, the reference of settings and commands, from the code
    Docs(generated::Arguments),
    Bench(bench::Arguments),
    BreachedPasswords(breached_passwords::Arguments),
    Screenshots(screenshots::Arguments),
}

/// Why a command failed, as a message for its caller.
type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let result = match Command::parse() {
        Command::Test(arguments) => test::run(&arguments),
        Command::Openapi(arguments) => generated::SPEC.run(&arguments),
        Command::Docs(arguments) => generated::REFERENCE.run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::BreachedPasswords(arguments) => breached_passwords::run(&arguments),
        Command::Screenshots(arguments) => screenshots::run(&arguments),
    };
    result.unwrap_or_else(|failure| {
        eprintln!("cargo xtask: {failure}");
        ExitCode::FAILURE
    })
}
