//! `steward docs`: the reference of settings and commands, `docs/configuration.md`, from the command line's own help.

use std::fmt::{self, Write as _};
use std::io::Write as _;

use clap::{Arg, Command, CommandFactory};

use crate::cli::Cli;
use crate::cli::help::{SECRET_FILES, SECRETS, SOURCES};
use crate::failure::Failure;

const TITLE: &str = "\
<!-- `cargo xtask docs` writes this file from the command line's help in crates/steward/src/cli. -->

# Configuration
Without any setting `steward` runs in development: every service in one process, with an embedded database.";

const CHECKS: &str = "\
An invalid setting stops the start with exit code 2. The message has one line for each fault: the variable, the fault,
the fix. Passwords in URLs must be percent-encoded; no message shows any part of them. `steward doctor` checks every
setting, and the database, Redis and ports that the settings name.";

/// Prints the reference.
pub(super) fn run() -> Result<(), Failure> {
    Ok(std::io::stdout().write_all(page().as_bytes())?)
}

/// The reference, as Markdown.
pub(crate) fn page() -> String {
    let mut text = format!("{TITLE}\n\n{SOURCES}\n\n{CHECKS}\n\n## Settings\n");
    let mut command = Cli::command();
    command.build();
    // Writing to a string cannot fail.
    let _ = settings(&mut text, &command).and_then(|()| commands(&mut text, &command));
    text
}

fn settings(text: &mut String, command: &Command) -> fmt::Result {
    let settings: Vec<&Arg> = command.get_arguments().filter(|argument| argument.get_env().is_some()).collect();
    let mut headings: Vec<&str> = settings.iter().filter_map(|argument| argument.get_help_heading()).collect();
    headings.dedup();
    // Settings of one heading may be declared in several places.
    let mut seen = Vec::new();
    for heading in headings {
        if seen.contains(&heading) {
            continue;
        }
        seen.push(heading);
        writeln!(text, "### {heading}\n| variable | option | default | meaning |\n|---|---|---|---|")?;
        for setting in settings.iter().filter(|argument| argument.get_help_heading() == Some(heading)) {
            let variable = setting.get_env().map(|variable| variable.to_string_lossy()).unwrap_or_default();
            let (meaning, default) = meaning_and_default(setting);
            writeln!(text, "| `{variable}` | {} | {default} | {meaning} |", option(setting))?;
        }
        writeln!(text)?;
    }
    writeln!(text, "### Secrets\nSecrets have no option: every user of the machine can read a process's arguments.\n")?;
    writeln!(text, "{SECRET_FILES}\n\n| variable | default | meaning |\n|---|---|---|")?;
    for secret in SECRETS {
        let (meaning, default) = split(secret.help);
        writeln!(text, "| `{}` | {default} | {meaning} |", secret.variable)?;
    }
    Ok(())
}

fn commands(text: &mut String, command: &Command) -> fmt::Result {
    writeln!(text, "\n## Commands\nEvery command accepts every setting; `steward COMMAND --help` prints this too.")?;
    for command in command.get_subcommands().filter(|command| !command.is_hide_set() && command.get_name() != "help") {
        let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
        writeln!(text, "\n### `steward {}`\n{}", command.get_name(), sentences(&about))?;
        let own =
            |argument: &&Arg| !argument.is_global_set() && !["help", "version"].contains(&argument.get_id().as_str());
        let own: Vec<&Arg> = command.get_arguments().filter(own).collect();
        if !own.is_empty() {
            writeln!(text, "\n| option | default | meaning |\n|---|---|---|")?;
        }
        for argument in own {
            let (meaning, default) = meaning_and_default(argument);
            writeln!(text, "| {} | {default} | {meaning} |", option(argument))?;
        }
    }
    Ok(())
}

/// Ends the first paragraph of a command's help with a full stop, which help texts omit.
fn sentences(about: &str) -> String {
    match about.split_once("\n\n") {
        Some((first, rest)) => format!("{first}.\n\n{rest}"),
        None => format!("{about}."),
    }
}

fn option(argument: &Arg) -> String {
    let name = argument.get_long().unwrap_or_default();
    match argument.get_value_names().filter(|_| argument.get_action().takes_values()) {
        Some(values) => format!("`--{name} {}`", values.join(" ")),
        None => format!("`--{name}`"),
    }
}

/// The meaning of an option with its possible values, and its default.
fn meaning_and_default(argument: &Arg) -> (String, String) {
    let help = argument.get_long_help().or(argument.get_help()).map(ToString::to_string).unwrap_or_default();
    let help = help.replace('|', "\\|");
    let (meaning, default) = split(&help);
    let values: Vec<_> = argument.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    let meaning = match values.as_slice() {
        values if values.is_empty() || !argument.get_action().takes_values() => meaning.to_owned(),
        values => format!("{meaning}. One of {}", values.join(", ")),
    };
    let by_clap = argument.get_default_values().iter().map(|value| value.to_string_lossy());
    let default = match default {
        _ if argument.is_required_set() => "required".to_owned(),
        "" if !argument.get_action().takes_values() => "off".to_owned(),
        "" => by_clap.collect::<Vec<_>>().join(", "),
        default => default.to_owned(),
    };
    (meaning, default)
}

/// A help text without its `[default: …]`, and that default.
fn split(help: &str) -> (&str, &str) {
    help.strip_suffix(']').and_then(|help| help.rsplit_once(" [default: ")).unwrap_or((help, ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::descriptions;

    #[test]
    fn every_setting_has_a_default_and_a_meaning() {
        let command = Cli::command();
        let settings = command.get_arguments().filter(|argument| argument.get_env().is_some());
        let options = settings.map(|setting| (setting.get_id().to_string(), meaning_and_default(setting)));
        let secrets = SECRETS.iter().map(|secret| {
            let (meaning, default) = split(secret.help);
            (secret.variable.to_owned(), (meaning.to_owned(), default.to_owned()))
        });
        for (name, (meaning, default)) in options.chain(secrets) {
            assert!(!meaning.is_empty() && !meaning.contains("[default"), "{name}: {meaning}");
            assert!(!default.is_empty(), "{name} has no default");
        }
    }

    #[test]
    fn the_page_lists_every_visible_command_and_no_hidden_one() {
        let page = page();
        for command in Cli::command().get_subcommands() {
            let heading = format!("\n### `steward {}`\n", command.get_name());
            assert_eq!(page.contains(&heading), !command.is_hide_set(), "{}", command.get_name());
        }
        assert!(page.contains("| `--user-id ID` | required | "), "{page}");
        let services: Vec<_> = descriptions().map(|service| service.id.as_str()).collect();
        assert!(page.contains(&format!("One of {} |", services.join(", "))), "{page}");
        let lacks_default = |line: &&str| line.starts_with("| `--") && line.contains("|  |");
        assert_eq!(page.lines().find(lacks_default), None);
    }

    #[test]
    fn each_heading_has_one_table() {
        let page = page();
        let mut headings: Vec<_> = page.lines().filter(|line| line.starts_with('#')).collect();
        let count = headings.len();
        headings.sort_unstable();
        headings.dedup();
        assert_eq!(headings.len(), count, "{headings:?}");
        assert!(page.contains("\n### Passwords\n| variable |") && page.ends_with("|\n"), "{page}");
    }
}
