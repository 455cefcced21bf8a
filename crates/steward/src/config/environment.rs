use std::collections::BTreeMap;
use std::path::Path;
use std::{fmt, fs, io};

use super::{ConfigError, secret_files};

const DOTENV: &str = ".env";

/// The environment variables at the start of the process.
#[derive(Default)]
pub(crate) struct Variables(BTreeMap<String, String>);

/// Prints names only: values may be secrets.
impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Variables {
    /// The variables of this process. Variables that are not UTF-8 are left out.
    pub(crate) fn of_process() -> Self {
        let text = |os: std::ffi::OsString| os.into_string().ok();
        Self(std::env::vars_os().filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect())
    }

    /// A variable's value; an empty one counts as not set.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A warning if a secret was passed on the command line instead of its variable.
    pub(super) fn warn_of_argument(&self, name: &str, given: Option<&str>) -> Option<String> {
        let is_argument = given.is_some_and(|given| !given.is_empty()) && given != self.get(name);
        is_argument.then(|| {
            format!(
                "{name} was given on the command line, where every user of this machine can read its password (`ps`); \
                 set the variable {name} or {name}_FILE instead"
            )
        })
    }

    /// The names of all variables.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Variables {
    fn from(variables: [(&str, &str); N]) -> Self {
        Self(variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
    }
}

/// Loads the `.env` file of the working directory into the environment. Existing variables win.
///
/// Must be called before a second thread starts.
pub(crate) fn load_dotenv() -> Result<(), ConfigError> {
    let bytes = match fs::read(DOTENV) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(ConfigError::new(DOTENV, format!("cannot be read: {error}"))),
    };
    check_dotenv(&bytes).map_err(|what| ConfigError::new(DOTENV, what))?;
    // The check above has parsed the same bytes.
    dotenvy::from_read(bytes.as_slice()).map_err(|_| ConfigError::new(DOTENV, "cannot be read"))
}

/// Checks that every line of a `.env` file can be parsed. The error names the line by its number, because a line may
/// hold a secret.
fn check_dotenv(bytes: &[u8]) -> Result<(), String> {
    let line_of = |at: usize| bytes[..at].split(|byte| *byte == b'\n').count();
    let text = std::str::from_utf8(bytes)
        .map_err(|error| format!("line {} is not valid UTF-8", line_of(error.valid_up_to())))?;
    if let Some(at) = text.find('\0') {
        return Err(format!("line {} contains a NUL character, which is not allowed", line_of(at)));
    }
    if parses(text) {
        return Ok(());
    }
    // A quoted value may span lines: the malformed entry begins after the longest prefix that can be parsed.
    let mut ends = text.match_indices('\n').map(|(at, _)| at + 1);
    let parsed = ends.rfind(|end| parses(&text[..*end])).unwrap_or(0);
    Err(format!(
        "line {} is malformed; it must be NAME=value, with quotes around a value that has spaces or `#`, and each \
         quote closed",
        line_of(parsed)
    ))
}

fn parses(text: &str) -> bool {
    dotenvy::from_read_iter(text.trim_start_matches('\u{feff}').as_bytes()).all(|line| line.is_ok())
}

/// A warning about a `.env` file with secrets that every user of this machine can open.
pub(super) fn dotenv_warning(variables: &Variables) -> Option<String> {
    const SECRETS: [&str; 6] =
        ["SECRET_KEY", "SECRET_KEY_PREVIOUS", "STEWARD_SERVICE_KEY", "DATABASE_URL", "REDIS_URL", "STEWARD_MAIL_URL"];
    let file = Path::new(DOTENV);
    let warning = format!("secrets are set in {}", secret_files::open_to_others(file)?);
    let lines = dotenvy::from_path_iter(file).ok()?.filter_map(Result::ok);
    let mut secrets = lines.filter(|(name, value)| SECRETS.contains(&name.as_str()) && !value.is_empty());
    secrets.any(|(name, value)| variables.get(&name) == Some(&value)).then_some(warning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_malformed_line_is_named_by_number_and_not_shown() {
        for (text, line) in [
            ("A=1\nhunter2 x\n", "line 2 is malformed"),
            ("A=1\n\n# hunter2\nB='hunter2\nC=3\n", "line 4 is malformed"),
            ("A='one\ntwo\nthree'\nB=hunter2 x\nC=1\n", "line 4 is malformed"),
            ("\u{feff}A=1\nB=\"hunter2", "line 2 is malformed"),
            ("hunter2", "line 1 is malformed"),
            ("A=1\r\nB=hunter2 x\r\n", "line 2 is malformed"),
            ("A=1\nB=hunter2\0", "line 2 contains a NUL"),
        ] {
            let what = check_dotenv(text.as_bytes()).unwrap_err();
            assert!(what.starts_with(line) && !what.contains("hunter2"), "{text:?}: {what}");
        }
        assert!(check_dotenv(b"A=1\nB=\xff").unwrap_err().starts_with("line 2 is not valid UTF-8"));
        for text in ["", "A=1", "A='one\ntwo'\n", "# only\n\nexport B=\"x y\" # z\n", "\u{feff}A=1\n"] {
            assert_eq!(check_dotenv(text.as_bytes()), Ok(()), "{text:?}");
        }
    }
}
