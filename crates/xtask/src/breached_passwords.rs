use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use steward_domain::password_policy::breached::{Fingerprint, fingerprint};

use crate::Failure;

/// The file that is compiled into the server.
const LIST: &str = "crates/domain/src/password_policy/breached.bin";

/// Shortest entry: a password has 8 characters, of which 3 may be decoration.
const SHORTEST: usize = 5;

/// Write breached.bin, the list of common and breached passwords that new passwords must not contain
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Lists with one password per line; breached.md next to the result names the sources
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Reads the lists, and writes the fingerprints of their passwords.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut fingerprints = BTreeSet::new();
    for file in &arguments.files {
        let list = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let before = fingerprints.len();
        fingerprints.extend(fingerprints_of(&String::from_utf8_lossy(&list)));
        println!("{}: {} new", file.display(), fingerprints.len() - before);
    }
    let bytes: Vec<u8> = fingerprints.iter().flatten().copied().collect();
    fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(LIST), &bytes)?;
    println!("{LIST}: {} passwords, {} bytes", fingerprints.len(), bytes.len());
    Ok(ExitCode::SUCCESS)
}

fn fingerprints_of(list: &str) -> impl Iterator<Item = Fingerprint> {
    list.lines().map(str::trim).filter(|password| password.chars().count() >= SHORTEST).map(fingerprint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_one_password_per_line_and_short_ones_are_skipped() {
        let fingerprints: Vec<_> = fingerprints_of("Dragon\r\nabcd\n\n 사랑해요요 \n").collect();
        assert_eq!(fingerprints, [fingerprint("dragon"), fingerprint("사랑해요요")]);
    }
}
