use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// The account that a server runs as. PostgreSQL refuses to run as root, so root starts it as `postgres` or `nobody`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account(Option<(u32, u32)>);

impl Account {
    /// The owner of `folder`, or an unprivileged account if the owner is root.
    pub(super) fn unprivileged(folder: &Path) -> io::Result<Self> {
        if fs::metadata(folder)?.uid() != 0 {
            return Ok(Self(None));
        }
        let accounts = fs::read_to_string("/etc/passwd")?;
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| numbers(&accounts, name))
            .map(|numbers| Self(Some(numbers)))
            .ok_or_else(|| io::Error::other("no account `postgres` or `nobody` to run PostgreSQL as"))
    }

    /// Runs `command` as this account. Rust drops root's supplementary groups as well.
    pub(super) fn apply(self, command: &mut Command) -> &mut Command {
        match self.0 {
            Some((user, group)) => command.uid(user).gid(group),
            None => command,
        }
    }

    /// Changes the owner of `folder` to this account.
    pub(super) fn own(self, folder: &Path) -> io::Result<()> {
        self.0.map_or(Ok(()), |(user, group)| chown(folder, Some(user), Some(group)))
    }
}

fn numbers(accounts: &str, name: &str) -> Option<(u32, u32)> {
    let mut fields = accounts
        .lines()
        .map(|line| line.split(':'))
        .find_map(|mut fields| (fields.next() == Some(name)).then_some(fields))?;
    Some((fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?))
}
