//! The gateway's settings: trusted proxies, allowed origins, and limits.

use steward_domain::Quota;
use steward_gateway::{AllowedOrigins, LimitSettings};
use steward_web::TrustedProxies;

use super::Environment;
use super::reader::Reader;
use super::values::number;
use crate::cli::EdgeOptions;

/// The gateway's settings.
#[derive(Debug, Clone)]
pub(crate) struct Edge {
    pub(crate) trusted_proxies: TrustedProxies,
    pub(crate) origins: AllowedOrigins,
    pub(crate) limits: LimitSettings,
    /// Most concurrent connections; as many as the system has room for if not set.
    pub(crate) max_connections: Option<u32>,
    /// Most concurrent connections of one address.
    pub(crate) max_connections_per_address: Option<u32>,
}

pub(super) fn read(reader: &mut Reader<'_>, options: &EdgeOptions, strictness: Environment) -> Option<Edge> {
    let trusted_proxies =
        reader.read("STEWARD_TRUSTED_PROXIES", options.trusted_proxies.as_deref(), TrustedProxies::default(), |text| {
            TrustedProxies::parse(text).map_err(|error| error.to_string())
        });
    let origins =
        reader.read("STEWARD_CORS_ORIGINS", options.cors_origins.as_deref(), AllowedOrigins::default(), |text| {
            AllowedOrigins::parse(text).map_err(|error| error.to_string())
        });
    let limits = read_limits(reader, options, strictness);
    let mut connections = |variable, given: &Option<String>| {
        reader.read(variable, given.as_deref(), None, |text| number(16..=1_000_000)(text).map(Some))
    };
    let max_connections = connections("STEWARD_MAX_CONNECTIONS", &options.max_connections);
    let per_address = connections("STEWARD_MAX_CONNECTIONS_PER_ADDRESS", &options.max_connections_per_address);
    Some(Edge {
        trusted_proxies: trusted_proxies?,
        origins: origins?,
        limits: limits?,
        max_connections: max_connections?,
        max_connections_per_address: per_address?,
    })
}

fn read_limits(reader: &mut Reader<'_>, options: &EdgeOptions, strictness: Environment) -> Option<LimitSettings> {
    let default = match strictness {
        Environment::Development => LimitSettings::generous(),
        Environment::Staging | Environment::Production => LimitSettings::strict(),
    };
    let mut quota = |variable, given: &Option<String>, default| {
        reader.read(variable, given.as_deref(), default, |text| {
            Quota::parse_or_off(text).map_err(|error| error.to_string())
        })
    };
    let login = quota("STEWARD_LIMIT_LOGIN", &options.limit_login, default.login);
    let register = quota("STEWARD_LIMIT_REGISTER", &options.limit_register, default.register);
    let refresh = quota("STEWARD_LIMIT_REFRESH", &options.limit_refresh, default.refresh);
    let password = quota("STEWARD_LIMIT_PASSWORD", &options.limit_password, default.password);
    let mail = quota("STEWARD_LIMIT_MAIL", &options.limit_mail, default.mail);
    let api_token = quota("STEWARD_LIMIT_API_TOKEN", &options.limit_api_token, default.api_token);
    let api_address = quota("STEWARD_LIMIT_API_ADDRESS", &options.limit_api_address, default.api_address);
    Some(LimitSettings {
        login: login?,
        register: register?,
        refresh: refresh?,
        password: password?,
        mail: mail?,
        api_token: api_token?,
        api_address: api_address?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::Variables;
    use super::*;

    fn edge(options: &EdgeOptions, strictness: Environment) -> Result<Edge, Vec<String>> {
        let variables = Variables::default();
        let mut reader = Reader::new(&variables);
        let edge = read(&mut reader, options, strictness);
        reader.finish(|| edge).map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn by_default_no_proxy_is_trusted_and_all_limits_apply() {
        let none = EdgeOptions::default();
        let production = edge(&none, Environment::Production).unwrap();
        assert!(production.trusted_proxies.is_empty());
        assert_eq!(production.limits, LimitSettings::strict());
        assert_eq!(edge(&none, Environment::Development).unwrap().limits, LimitSettings::generous());
    }

    #[test]
    fn each_limit_is_set_independently() {
        let options = EdgeOptions {
            limit_login: Some("5/min:2".into()),
            limit_api_token: Some("off".into()),
            ..EdgeOptions::default()
        };
        let limits = edge(&options, Environment::Production).unwrap().limits;
        assert_eq!(limits.login, Quota::parse("5/min:2").ok());
        assert_eq!(limits, LimitSettings { login: limits.login, api_token: None, ..LimitSettings::strict() });
    }

    #[test]
    fn each_error_names_the_variable_and_the_allowed_values() {
        let options = EdgeOptions {
            trusted_proxies: Some("10.0.0.0/33".into()),
            cors_origins: Some("*".into()),
            limit_login: Some("lots".into()),
            ..EdgeOptions::default()
        };
        let lines = edge(&options, Environment::Production).unwrap_err();
        assert_eq!(lines.len(), 3, "{lines:#?}");
        for (line, beginning) in
            lines.iter().zip(["STEWARD_TRUSTED_PROXIES: ", "STEWARD_CORS_ORIGINS: ", "STEWARD_LIMIT_LOGIN: "])
        {
            assert!(line.starts_with(beginning) && line.contains("must"), "{line}");
        }
    }
}
