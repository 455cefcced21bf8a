use std::collections::BTreeMap;
use std::path::Path;

use super::Wrong;

/// The environment, as it was at the start.
#[derive(Debug, Default)]
pub(crate) struct Variables(BTreeMap<String, String>);

impl Variables {
    /// This process's environment; what is not UTF-8 is none of ours.
    pub(crate) fn of_process() -> Self {
        let text = |os: std::ffi::OsString| os.into_string().ok();
        Self(std::env::vars_os().filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect())
    }

    /// A variable's value; an empty one counts as not set.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
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

/// Takes what a `.env` in the working directory sets, and the environment does not, into the environment.
///
/// To be called before there is a second thread.
pub(crate) fn load_dotenv() -> Result<(), Wrong> {
    let file = Path::new(".env");
    match dotenvy::from_path(file) {
        Ok(()) => Ok(()),
        Err(dotenvy::Error::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        // A line may hold a secret, so it is counted and not shown.
        Err(dotenvy::Error::LineParse(line, _)) => Err(Wrong::new(".env", line_problem(file, &line))),
        Err(error) => Err(Wrong::new(".env", format!("cannot be read: {error}"))),
    }
}

fn line_problem(file: &Path, line: &str) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let number =
        text.lines().position(|l| l.trim() == line.trim()).map_or_else(String::new, |at| format!(" {}", at + 1));
    format!("line{number} cannot be read; it must be NAME=value, with quotes around a value that holds spaces or `#`")
}
