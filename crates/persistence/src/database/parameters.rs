//! The parameters of a PostgreSQL URL: those of libpq 18 (section 34.1.2) that this program supports.

use percent_encoding::percent_decode_str;

use super::DatabaseError;

enum Values {
    Text,
    Number,
    Ports,
    One(&'static [&'static str]),
}

const SSL_MODES: &[&str] = &["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
const BOOLEAN: &[&str] = &["0", "1"];
const TLS_VERSIONS: &[&str] = &["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

const KNOWN: [(&str, Values); 41] = [
    ("application_name", Values::Text),
    ("channel_binding", Values::One(&["disable", "prefer", "require"])),
    ("client_encoding", Values::Text),
    ("connect_timeout", Values::Number),
    ("dbname", Values::Text),
    ("fallback_application_name", Values::Text),
    ("gssencmode", Values::One(&["disable", "prefer", "require"])),
    ("host", Values::Text),
    ("hostaddr", Values::Text),
    ("keepalives", Values::One(BOOLEAN)),
    ("keepalives_count", Values::Number),
    ("keepalives_idle", Values::Number),
    ("keepalives_interval", Values::Number),
    ("krbsrvname", Values::Text),
    ("load_balance_hosts", Values::One(&["disable", "random"])),
    ("max_protocol_version", Values::Text),
    ("min_protocol_version", Values::Text),
    ("options", Values::Text),
    ("passfile", Values::Text),
    ("password", Values::Text),
    ("port", Values::Ports),
    ("require_auth", Values::Text),
    ("requirepeer", Values::Text),
    ("service", Values::Text),
    ("ssl", Values::One(&["true"])),
    ("ssl_max_protocol_version", Values::One(TLS_VERSIONS)),
    ("ssl_min_protocol_version", Values::One(TLS_VERSIONS)),
    ("sslcert", Values::Text),
    ("sslcertmode", Values::One(&["disable", "allow", "require"])),
    ("sslcompression", Values::One(BOOLEAN)),
    ("sslcrl", Values::Text),
    ("sslcrldir", Values::Text),
    ("sslkey", Values::Text),
    ("sslmode", Values::One(SSL_MODES)),
    ("sslnegotiation", Values::One(&["postgres", "direct"])),
    ("sslpassword", Values::Text),
    ("sslrootcert", Values::Text),
    ("sslsni", Values::One(BOOLEAN)),
    ("target_session_attrs", Values::One(&["any", "read-write", "read-only", "primary", "standby", "prefer-standby"])),
    ("tcp_user_timeout", Values::Number),
    ("user", Values::Text),
];

/// Valid parameters. The last of two equal names applies, as in libpq.
pub(super) struct Parameters(Vec<(&'static str, String)>);

impl Parameters {
    pub(super) fn parse(query: &str) -> Result<Self, DatabaseError> {
        // The rest of a password after an & looks like a name.
        let may_show = !query.contains("password");
        let pairs = query.split('&').take_while(|_| !query.is_empty());
        let read = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let Some((name, values)) = KNOWN.iter().find(|(known, _)| *known == name) else {
                return Err(unknown(name, may_show));
            };
            if value.is_empty() {
                return Err(DatabaseError::malformed(format!("has the parameter {name} with no value")));
            }
            let value = decode(value)?;
            values.check(name, &value)?;
            Ok((*name, value))
        };
        pairs.map(read).collect::<Result<_, _>>().map(Self)
    }

    /// The value of a parameter.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(given, _)| *given == name).map(|(_, value)| value.as_str())
    }

    /// The first of several values that commas separate.
    pub(super) fn first(&self, name: &str) -> Option<String> {
        self.get(name)?.split(',').next().filter(|first| !first.is_empty()).map(str::to_owned)
    }

    pub(super) fn requires_tls(&self) -> bool {
        let mode = self.0.iter().rev().find(|(name, _)| matches!(*name, "ssl" | "sslmode"));
        mode.is_some_and(|(_, value)| matches!(value.as_str(), "true" | "require" | "verify-ca" | "verify-full"))
    }
}

impl Values {
    fn check(&self, name: &str, value: &str) -> Result<(), DatabaseError> {
        match self {
            Self::Text => Ok(()),
            Self::Ports => value.split(',').filter(|one| !one.is_empty()).try_for_each(|one| port(one).map(drop)),
            Self::Number if value.trim().parse::<i32>().is_ok() => Ok(()),
            Self::Number => {
                Err(DatabaseError::malformed(format!("has the parameter {name}, which must be a whole number")))
            }
            Self::One(allowed) if allowed.contains(&value) => Ok(()),
            Self::One(allowed) => Err(DatabaseError::malformed(format!(
                "has the parameter {name}, which must be one of: {}",
                allowed.join(", ")
            ))),
        }
    }
}

/// Parses a port.
pub(super) fn port(text: &str) -> Result<u16, DatabaseError> {
    let port = text.parse().ok().filter(|port| *port > 0 && text.bytes().all(|byte| byte.is_ascii_digit()));
    port.ok_or_else(|| DatabaseError::malformed("has a port that is not a whole number from 1 to 65535"))
}

/// Checks that there is one port for all hosts, or one for each, as libpq requires.
pub(super) fn check_ports(parameters: &Parameters, hosts_of_url: usize) -> Result<(), DatabaseError> {
    let count = |name| parameters.get(name).map(|list| list.split(',').count());
    let hosts = count("hostaddr").or_else(|| count("host")).unwrap_or(hosts_of_url);
    match count("port") {
        None | Some(1) => Ok(()),
        Some(ports) if ports == hosts => Ok(()),
        Some(_) => Err(DatabaseError::malformed("must have one port, or as many ports as hosts")),
    }
}

fn unknown(name: &str, may_show: bool) -> DatabaseError {
    let nearest = KNOWN.iter().map(|(known, _)| (strsim::osa_distance(name, known), *known)).min();
    let meant = match nearest {
        Some((distance, known)) if distance <= 3 => format!("; did you mean {known}?"),
        _ => String::new(),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    DatabaseError::malformed(if may_show && !name.is_empty() && name.chars().all(plain) {
        format!("has the parameter {name}, which is not one{meant}")
    } else {
        format!("has a parameter that is not one{meant}")
    })
}

/// Decodes percent-encoded text. A `%` that begins no escape is an error here, because libpq would quote the text in
/// its own error.
pub(super) fn decode(text: &str) -> Result<String, DatabaseError> {
    let is_escape = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    if !text.split('%').skip(1).all(is_escape) {
        return Err(DatabaseError::malformed(
            "holds a % that two hexadecimal digits do not follow; a % itself must be written as %25",
        ));
    }
    let text = percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| DatabaseError::malformed("holds an escape that is not UTF-8"))?;
    if text.contains('\0') {
        return Err(DatabaseError::malformed("holds %00, which no name or password can"));
    }
    Ok(text.into_owned())
}
