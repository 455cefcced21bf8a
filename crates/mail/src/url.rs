//! Mail URLs. Neither the errors nor the displayed form contain any part of a password.

use std::fmt;
use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use secrecy::SecretString;

const EXPECTED: &str = "smtp://USER:PASSWORD@HOST:PORT (STARTTLS), smtps://USER:PASSWORD@HOST:PORT (implicit TLS) or \
                        file://FOLDER";

/// The port of message submission with STARTTLS (RFC 6409).
const SUBMISSION: u16 = 587;

/// The port of message submission over TLS (RFC 8314).
const SUBMISSIONS: u16 = 465;

/// The port of SMTP without TLS (RFC 5321).
const RELAY: u16 = 25;

/// A parsed mail URL: where mails go.
///
/// - `smtp://[USER:PASSWORD@]HOST[:PORT]`: SMTP that requires STARTTLS, at port 587.
/// - `smtps://…`: SMTP over TLS, at port 465.
/// - `smtp+insecure://…`: SMTP without TLS, at port 25.
/// - `file:///ABSOLUTE` or `file://RELATIVE`: a folder of .eml files.
///
/// User and password are percent-encoded; an `@` in a password may be unencoded.
///
/// ```
/// use steward_mail::MailUrl;
///
/// let url: MailUrl = "smtp://steward:pa%2Fss@mail.example.com".parse()?;
/// assert_eq!(url.to_string(), "SMTP at mail.example.com:587");
/// assert!("smtp://mail.example.com/inbox".parse::<MailUrl>().is_err());
/// # Ok::<(), steward_mail::MailUrlError>(())
/// ```
#[derive(Clone)]
pub struct MailUrl(Target);

#[derive(Clone)]
pub(crate) enum Target {
    Server(Server),
    Folder(PathBuf),
}

/// A mail server.
#[derive(Clone)]
pub(crate) struct Server {
    /// A host name, or an IP address without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) encryption: Encryption,
    pub(crate) credentials: Option<Credentials>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encryption {
    StartTls,
    Tls,
    None,
}

#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) user: String,
    pub(crate) password: SecretString,
}

/// Why a mail URL is not valid. The text does not quote the URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}; it must be {EXPECTED}")]
pub struct MailUrlError(&'static str);

impl FromStr for MailUrl {
    type Err = MailUrlError;

    fn from_str(url: &str) -> Result<Self, MailUrlError> {
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let target = match scheme {
            "smtp" => Target::Server(server(rest, Encryption::StartTls, SUBMISSION)?),
            "smtps" => Target::Server(server(rest, Encryption::Tls, SUBMISSIONS)?),
            "smtp+insecure" => Target::Server(server(rest, Encryption::None, RELAY)?),
            "file" => Target::Folder(folder(rest)?),
            _ => return Err(MailUrlError("has an unknown scheme")),
        };
        Ok(Self(target))
    }
}

impl MailUrl {
    /// Whether mails and passwords travel to a mail server without TLS.
    pub fn is_insecure(&self) -> bool {
        matches!(self.0, Target::Server(Server { encryption: Encryption::None, .. }))
    }

    /// Whether the URL contains a password.
    pub fn has_password(&self) -> bool {
        matches!(self.0, Target::Server(Server { credentials: Some(_), .. }))
    }

    /// Returns the folder; `None` for a mail server.
    pub fn folder(&self) -> Option<&Path> {
        match &self.0 {
            Target::Folder(folder) => Some(folder),
            Target::Server(_) => None,
        }
    }

    pub(crate) fn target(&self) -> &Target {
        &self.0
    }
}

/// The target for operators, without credentials: `SMTP at HOST:PORT`, or the folder.
impl fmt::Display for MailUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Target::Folder(folder) => folder.display().fmt(f),
            Target::Server(server) => write!(f, "SMTP at {server}"),
        }
    }
}

impl fmt::Debug for MailUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailUrl({self})")
    }
}

/// `HOST:PORT`.
impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, .. } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

fn folder(path: &str) -> Result<PathBuf, MailUrlError> {
    if path.is_empty() || path == "/" {
        return Err(MailUrlError("names no folder"));
    }
    if path.contains(char::is_control) {
        return Err(MailUrlError("has a path with control characters"));
    }
    if path.contains(['?', '#']) {
        return Err(MailUrlError("holds a ? or #, but a folder has no parameters"));
    }
    if path.split('/').next().is_some_and(|first| first.contains(':')) && path.contains('@') {
        return Err(MailUrlError("names a user, which a folder does not have"));
    }
    Ok(PathBuf::from(path))
}

/// Parses the part after the scheme. An unencoded `/`, `?` or `#` is refused, because the rest of a password would become
/// part of the address.
fn server(rest: &str, encryption: Encryption, default_port: u16) -> Result<Server, MailUrlError> {
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.contains('#') {
        return Err(MailUrlError("holds a #; in a password it must be written as %23"));
    }
    if rest.contains('?') {
        return Err(MailUrlError(
            "holds a ?, but a mail server has no parameters; in a password it must be written as %3F",
        ));
    }
    if rest.contains('/') {
        return Err(MailUrlError(
            "has a path, which a mail server does not have; in a password / must be written as %2F",
        ));
    }
    if rest.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(MailUrlError("holds white space or control characters; they must be percent-encoded"));
    }
    let (credentials, address) = match rest.rsplit_once('@') {
        Some((credentials, address)) => (Some(parse_credentials(credentials)?), address),
        None => (None, rest),
    };
    let (host, port) = match address.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or(MailUrlError("holds a [ without a ]"))?;
            host.parse::<Ipv6Addr>().map_err(|_| MailUrlError("has brackets around a host that is no IPv6 address"))?;
            (host, port)
        }
        None => address.find(':').map_or((address, ""), |at| address.split_at(at)),
    };
    if host.is_empty() {
        return Err(MailUrlError("names no server"));
    }
    if !host.chars().all(|c| c.is_ascii_alphanumeric() || "-._:".contains(c)) {
        return Err(MailUrlError(
            "names a host with characters that are not valid; other letters must be written as xn--",
        ));
    }
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => default_port,
        port => match port.and_then(|port| port.parse().ok()) {
            None | Some(0) => return Err(MailUrlError("has a port that is not a number from 1 to 65535")),
            Some(port) => port,
        },
    };
    Ok(Server { host: host.to_owned(), port, encryption, credentials })
}

fn parse_credentials(text: &str) -> Result<Credentials, MailUrlError> {
    let (user, password) = text.split_once(':').ok_or(MailUrlError("names a user without a password"))?;
    let (user, password) = (decode(user)?, decode(password)?);
    if user.is_empty() || password.is_empty() {
        return Err(MailUrlError("has an empty user or password"));
    }
    Ok(Credentials { user, password: SecretString::from(password) })
}

fn decode(text: &str) -> Result<String, MailUrlError> {
    let is_encoded = |rest: &str| rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    if !text.split('%').skip(1).all(is_encoded) {
        return Err(MailUrlError("holds a % that two hexadecimal digits do not follow; it must be written as %25"));
    }
    let decoded = percent_decode_str(text).decode_utf8();
    let decoded = decoded.map_err(|_| MailUrlError("has a percent-encoded user or password that is not UTF-8"))?;
    // NUL separates user and password in AUTH PLAIN (RFC 4616).
    if decoded.contains(char::is_control) {
        return Err(MailUrlError("has a user or password with control characters"));
    }
    Ok(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    fn read(url: &str) -> Result<MailUrl, MailUrlError> {
        url.parse()
    }

    #[test]
    fn a_mail_server_is_parsed() {
        for (url, shown, encryption, credentials) in [
            ("smtp://mail.example.com", "mail.example.com:587", Encryption::StartTls, None),
            ("smtps://mail.example.com/", "mail.example.com:465", Encryption::Tls, None),
            ("smtp+insecure://127.0.0.1:1025", "127.0.0.1:1025", Encryption::None, None),
            ("smtp://[::1]:2525", "[::1]:2525", Encryption::StartTls, None),
            ("smtps://a%40b:p%25%3A%2Fä@mail", "mail:465", Encryption::Tls, Some(("a@b", "p%:/ä"))),
            ("smtp://user:p@ss:w@host:25", "host:25", Encryption::StartTls, Some(("user", "p@ss:w"))),
        ] {
            let url = read(url).unwrap();
            let Target::Server(server) = url.target() else { panic!("{url} is no server") };
            assert_eq!((server.to_string().as_str(), server.encryption), (shown, encryption));
            let parsed = server.credentials.as_ref().map(|it| (it.user.as_str(), it.password.expose_secret()));
            assert_eq!(parsed, credentials);
            assert_eq!(url.to_string(), format!("SMTP at {shown}"));
            assert_eq!(url.is_insecure(), encryption == Encryption::None);
            assert_eq!((url.has_password(), url.folder()), (credentials.is_some(), None));
        }
    }

    #[test]
    fn a_folder_is_parsed() {
        for (url, folder) in [("file://data/mail", "data/mail"), ("file:///var/mail", "/var/mail")] {
            let url = read(url).unwrap();
            assert_eq!((url.folder(), url.to_string().as_str()), (Some(Path::new(folder)), folder));
            assert!(!url.is_insecure() && !url.has_password());
        }
    }

    #[test]
    fn an_unusable_url_is_refused_with_the_reason() {
        for (url, reason) in [
            ("", "unknown scheme"),
            ("mail.example.com:25", "unknown scheme"),
            ("http://mail.example.com", "unknown scheme"),
            ("smtp://", "names no server"),
            ("smtps://:465", "names no server"),
            ("smtp://user:ssword9@", "names no server"),
            ("smtp://user@host", "without a password"),
            ("smtp://user:@host", "empty user or password"),
            ("smtp://:ssword9@host", "empty user or password"),
            ("smtp://u:pa#ssword9@h", "holds a #"),
            ("smtp://u:pa/ssword9@h", "has a path"),
            ("smtp://u:pa?ssword9@h", "holds a ?"),
            ("smtp://u:pa ssword9@h", "white space"),
            ("smtp://u:pa%ssword9@h", "holds a %"),
            ("smtp://u:ssword9%@h", "holds a %"),
            ("smtp://u:ssword9%0d%0aRSET@h", "control characters"),
            ("smtp://u:ssword9%00@h", "control characters"),
            ("smtp://u:ssword9%ff@h", "not UTF-8"),
            ("smtp://host:0", "port"),
            ("smtp://host:65536", "port"),
            ("smtp://host:smtp", "port"),
            ("smtp://host:", "port"),
            ("smtp://[::1", "without a ]"),
            ("smtp://[::1]25", "port"),
            ("smtp://[host]:25", "no IPv6 address"),
            ("smtp://münchen.example", "xn--"),
            ("smtp://h/inbox", "has a path"),
            ("file://", "names no folder"),
            ("file:///", "names no folder"),
            ("file://mail?x", "no parameters"),
            ("file://mail\0", "control characters"),
            ("file://u:ssword9@host/mail", "names a user"),
        ] {
            let error = read(url).unwrap_err().to_string();
            assert!(error.contains(reason) && !error.contains("ssword9"), "{url}: {error}");
        }
    }

    proptest! {
        /// The password has 8 characters that occur nowhere else, with any others around and between them.
        #[test]
        fn no_part_of_a_password_is_shown(
            before in "[-#?/@:%\\[\\] \\\\é\n&=a]{0,4}",
            between in "[-#?/@:%\\[\\] \\\\é\n&=1]{0,3}",
            after in "[-#?/@:%\\[\\] \\\\é\n&=5]{0,4}",
            scheme in prop::sample::select(vec!["smtp", "smtps", "smtp+insecure", "file"]),
        ) {
            let shown = match read(&format!("{scheme}://user:{before}ZQXJ{between}KVWY{after}@host:25")) {
                Ok(url) => format!("{url} {url:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            for part in ["ZQX", "QXJ", "KVW", "VWY"] {
                prop_assert!(!shown.contains(part), "{shown}");
            }
        }
    }
}
