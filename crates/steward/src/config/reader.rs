use std::fmt;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::{Variables, secret_files};
use crate::redaction::without_password;

/// An invalid setting: the variable, the fault and the fix, in one line. Never quotes a secret.
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

/// Reads one setting after the other, and collects the invalid ones.
pub(super) struct Reader<'a> {
    variables: &'a Variables,
    errors: Vec<ConfigError>,
    /// Warnings about the files of secrets.
    warnings: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(variables: &'a Variables) -> Self {
        Self { variables, errors: Vec::new(), warnings: Vec::new() }
    }

    pub(super) fn variables(&self) -> &'a Variables {
        self.variables
    }

    /// Reads a setting that is not secret. The error of `parse` describes the allowed values (`must be …`).
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
                Err(expected) => {
                    // The rest of the message quotes a part of the value, which may be part of a password.
                    let expected =
                        if value.contains('@') { expected.split(';').next().unwrap_or_default() } else { &expected };
                    self.refuse(variable, format!("is \"{}\", and {expected}", without_password(value)))
                }
            },
        }
    }

    /// Reads a secret, either from its variable or from the file that its `_FILE` variable names.
    ///
    /// Returns `Some(None)` if the secret is not set.
    #[expect(clippy::option_option, reason = "the outer option is `None` for an invalid setting, as in `read`")]
    pub(super) fn secret<T>(
        &mut self,
        variable: &str,
        given: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<Option<T>> {
        let value = match self.secret_text(variable, given) {
            Ok(value) => value,
            Err(error) => {
                self.errors.push(error);
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

    /// Records an invalid setting.
    pub(super) fn refuse<T>(&mut self, variable: &str, what: impl Into<String>) -> Option<T> {
        self.errors.push(ConfigError::new(variable, what));
        None
    }

    /// Takes the warnings about the files of secrets.
    pub(super) fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    /// Returns the settings, or the errors if any setting is invalid.
    pub(super) fn finish<T>(self, settings: impl FnOnce() -> Option<T>) -> Result<T, Vec<ConfigError>> {
        match settings() {
            Some(settings) if self.errors.is_empty() => Ok(settings),
            _ => Err(self.errors),
        }
    }

    fn secret_text(&mut self, variable: &str, given: Option<&str>) -> Result<Option<SecretString>, ConfigError> {
        let given = given.filter(|value| !value.is_empty()).or_else(|| self.variables.get(variable));
        let file_variable = format!("{variable}_FILE");
        match (given, self.variables.get(&file_variable)) {
            (Some(_), Some(_)) => {
                Err(ConfigError::new(variable, format!("is set together with {file_variable}; set only one of them")))
            }
            (Some(value), None) => Ok(Some(SecretString::from(value))),
            (None, Some(file)) => {
                let names = secret_files::names(file);
                let invalid = |what: String| Err(ConfigError::new(&file_variable, format!("{names}, which {what}")));
                match std::fs::read_to_string(Path::new(file)) {
                    // Editors and `echo` end a file with a newline, which is not part of the secret.
                    Ok(text) if text.trim_end_matches(['\r', '\n']).is_empty() => {
                        invalid(format!("is empty; it must contain the value of {variable}"))
                    }
                    Ok(text) => {
                        self.warnings.extend(secret_files::warning(&file_variable, Path::new(file)));
                        Ok(Some(SecretString::from(text.trim_end_matches(['\r', '\n']))))
                    }
                    Err(error) => invalid(format!("cannot be read ({error}); it must name a readable file")),
                }
            }
            (None, None) => Ok(None),
        }
    }
}
