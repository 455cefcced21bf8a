use std::fmt;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::{Variables, secret_files};

/// A setting's value for a message: without what is before the last `@`, which may be a user and a password.
pub(crate) fn without_password(value: &str) -> String {
    let is_scheme = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    let scheme = value.split_once("://").map(|(scheme, _)| scheme).filter(|scheme| is_scheme(scheme));
    let shown = match (value.rfind('@'), scheme) {
        (None, _) => value.to_owned(),
        (Some(at), Some(scheme)) => format!("{scheme}://…{}", &value[at..]),
        (Some(at), None) => format!("…{}", &value[at..]),
    };
    shown.chars().filter(|c| !c.is_control()).take(100).collect()
}

/// A setting that is wrong: which one, what is wrong and what is right, in one line. Never quotes a secret.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ConfigError {
    variable: String,
    what: String,
}

impl ConfigError {
    pub(crate) fn new(variable: &str, what: impl Into<String>) -> Self {
        Self { variable: variable.to_owned(), what: what.into() }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.variable, self.what)
    }
}

/// Reads one setting after the other, and remembers each that is wrong.
pub(super) struct Reader<'a> {
    variables: &'a Variables,
    wrong: Vec<ConfigError>,
    /// About files that secrets were read from.
    warnings: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(variables: &'a Variables) -> Self {
        Self { variables, wrong: Vec::new(), warnings: Vec::new() }
    }

    pub(super) fn variables(&self) -> &'a Variables {
        self.variables
    }

    /// A setting that anyone may see. `parse` says what is right (`must be …`) where it refuses.
    pub(super) fn read<T>(
        &mut self,
        variable: &str,
        given: Option<&str>,
        default: T,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        match given.map(str::trim).filter(|value| !value.is_empty()) {
            None => Some(default),
            Some(value) => match parse(value) {
                Ok(value) => Some(value),
                Err(right) => {
                    // What follows quotes a part of the value, which may be one of a password.
                    let right = if value.contains('@') { right.split(';').next().unwrap_or_default() } else { &right };
                    self.refuse(variable, format!("is \"{}\", and {right}", without_password(value)))
                }
            },
        }
    }

    /// A setting that holds a secret: given as it is, or as the name of a file that holds it.
    ///
    /// `Some(None)` where it is not given at all.
    #[expect(clippy::option_option, reason = "the outer one is that of every setting: whether it is right")]
    pub(super) fn secret<T>(
        &mut self,
        variable: &str,
        given: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<Option<T>> {
        let value = match self.secret_text(variable, given) {
            Ok(value) => value,
            Err(wrong) => {
                self.wrong.push(wrong);
                return None;
            }
        };
        match value {
            None => Some(None),
            Some(value) => match parse(value.expose_secret()) {
                Ok(value) => Some(Some(value)),
                Err(what) => self.refuse(variable, what),
            },
        }
    }

    /// Remembers that a setting is wrong.
    pub(super) fn refuse<T>(&mut self, variable: &str, what: impl Into<String>) -> Option<T> {
        self.wrong.push(ConfigError::new(variable, what));
        None
    }

    /// The warnings about what was read.
    pub(super) fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    /// What was read, if nothing of it is wrong.
    pub(super) fn finish<T>(self, settings: impl FnOnce() -> Option<T>) -> Result<T, Vec<ConfigError>> {
        match settings() {
            Some(settings) if self.wrong.is_empty() => Ok(settings),
            _ => Err(self.wrong),
        }
    }

    fn secret_text(&mut self, variable: &str, given: Option<&str>) -> Result<Option<SecretString>, ConfigError> {
        let given = given.filter(|value| !value.is_empty()).or_else(|| self.variables.get(variable));
        let file_variable = format!("{variable}_FILE");
        match (given, self.variables.get(&file_variable)) {
            (Some(_), Some(_)) => {
                Err(ConfigError::new(variable, format!("is set, and so is {file_variable}; only one of them may be")))
            }
            (Some(value), None) => Ok(Some(SecretString::from(value))),
            (None, Some(file)) => {
                let names = secret_files::names(file);
                let wrong = |what: String| Err(ConfigError::new(&file_variable, format!("{names}, which {what}")));
                match std::fs::read_to_string(Path::new(file)) {
                    // Editors and `echo` end a file with a newline that belongs to nothing.
                    Ok(text) if text.trim_end_matches(['\r', '\n']).is_empty() => {
                        wrong(format!("is empty; it must hold {variable}"))
                    }
                    Ok(text) => {
                        self.warnings.extend(secret_files::warning(&file_variable, Path::new(file)));
                        Ok(Some(SecretString::from(text.trim_end_matches(['\r', '\n']))))
                    }
                    Err(error) => wrong(format!("cannot be read ({error}); it must name a readable file")),
                }
            }
            (None, None) => Ok(None),
        }
    }
}
