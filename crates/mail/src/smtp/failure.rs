use std::error::Error as _;
use std::io;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lettre::transport::smtp::Error;
use secrecy::ExposeSecret;
use steward_domain::ports::SendError;

use crate::clean::clean;
use crate::url::Server;

/// Maximum length of a server's reply in an error, in characters.
const REPLY_MAX: usize = 300;

/// Why a mail was not sent.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server's name has no address.
    Resolve(io::Error),
    /// A later step failed.
    Step { step: Step, error: Error },
    /// The time limit ended the attempt in this step.
    Timeout { step: Step, limit: Duration },
    /// The local part of an address is not ASCII, and the server does not support SMTPUTF8 (RFC 6531).
    NonAsciiAddress,
}

/// A step of sending a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Resolve,
    Connect,
    StartTls,
    Authenticate,
    Mail,
    Rcpt,
    Data,
    Content,
}

impl Step {
    /// Whether the server's reply is about the mail. An earlier reply is about the connection or the credentials, which
    /// the operator can correct: every mail would be lost otherwise.
    fn is_about_mail(self) -> bool {
        matches!(self, Self::Mail | Self::Rcpt | Self::Data | Self::Content)
    }

    /// The command that the server replied to.
    fn name(self) -> &'static str {
        match self {
            Self::Resolve => "the look-up of its address",
            Self::Connect => "the connection",
            Self::StartTls => "STARTTLS",
            Self::Authenticate => "AUTH",
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::Content => "the mail",
        }
    }
}

impl Failure {
    /// Whether the connection remains usable, because the server replied by a code.
    pub(super) fn is_reply(&self) -> bool {
        match self {
            Self::Step { error, .. } => error.status().is_some(),
            Self::NonAsciiAddress => true,
            Self::Resolve(_) | Self::Timeout { .. } => false,
        }
    }

    /// Returns the error for the caller. It contains neither the password nor the link: a server may quote both.
    pub(super) fn into_send_error(self, server: &Server, link: Option<&str>) -> SendError {
        let (step, error) = match self {
            Self::Step { step, error } => (step, error),
            Self::Resolve(error) => {
                let cause = clean(&error.to_string(), REPLY_MAX);
                return SendError::Temporary(format!("cannot resolve {server}: {cause}"));
            }
            Self::Timeout { step, limit } => {
                let step = step.name();
                return SendError::Temporary(format!("{server} did not finish within {limit:?}, at {step}"));
            }
            Self::NonAsciiAddress => {
                return SendError::Permanent(format!(
                    "{server} does not support SMTPUTF8, which an address with other letters than ASCII requires"
                ));
            }
        };
        let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        let cause = clean(&redact(&cause, &secrets(server, link)), REPLY_MAX);
        let text = match error.status() {
            Some(code) => format!("{server} replied to {}: {code} {cause}", step.name()),
            None if matches!(step, Step::Connect | Step::StartTls) && is_about_tls(&error) => {
                format!("TLS with {server} failed: {cause}")
            }
            None if step == Step::Connect => format!("cannot connect to {server}: {cause}"),
            None => format!("{server} failed at {}: {cause}", step.name()),
        };
        if error.is_permanent() && step.is_about_mail() {
            SendError::Permanent(text)
        } else {
            SendError::Temporary(text)
        }
    }
}

/// Whether a handshake failed. lettre reports it as an error of the connection, among the causes of which is that of TLS.
fn is_about_tls(error: &Error) -> bool {
    let mut causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|it| it.kind() == io::ErrorKind::InvalidData))
}

/// The texts that an error must not contain.
fn secrets(server: &Server, link: Option<&str>) -> Vec<String> {
    let mut secrets = Vec::new();
    if let Some(it) = &server.credentials {
        let password = it.password.expose_secret();
        secrets.push(password.to_owned());
        secrets.push(STANDARD.encode(password));
        secrets.push(STANDARD.encode(format!("\0{}\0{password}", it.user)));
    }
    if let Some((_, query)) = link.and_then(|link| link.split_once('?')) {
        secrets.extend(query.split('&').filter_map(|pair| pair.split_once('=')).map(|(_, value)| value.to_owned()));
    }
    secrets.retain(|secret| !secret.is_empty());
    // One may contain another.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
}

/// Replaces the secrets, and each word with a parameter `token`, of which a server may quote a part.
fn redact(text: &str, secrets: &[String]) -> String {
    let text = secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "…"));
    let words = text.split_inclusive(char::is_whitespace);
    words.map(|word| if word.contains("token=") { "… " } else { word }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::url::{MailUrl, Target};

    #[test]
    fn a_quoted_secret_is_removed() {
        let url: MailUrl = "smtp://user:pa%20ss@mail.example".parse().unwrap();
        let Target::Server(server) = url.target() else { panic!("a server") };
        let secrets = secrets(server, Some("https://h.example/reset-password?token=SECRET"));
        for (reply, shown) in [
            ("550 no such user", "550 no such user"),
            ("blocked: https://h.example/reset-password?token=SECR by policy", "blocked: … by policy"),
            ("token was SECRET", "token was …"),
            ("user pa ss is wrong", "user … is wrong"),
            ("unknown command AUTH PLAIN AHVzZXIAcGEgc3M=", "unknown command AUTH PLAIN …"),
            ("unknown command cGEgc3M=", "unknown command …"),
        ] {
            assert_eq!(redact(reply, &secrets), shown);
        }
    }
}
