use steward_domain::{Quota, RatePeriod};
use steward_web::service::RateLimitClass;

use super::rules::Rule;

/// The quota of each rule. `None` means no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitSettings {
    /// Sign-ins, by address.
    pub login: Option<Quota>,
    /// Registrations, by address.
    pub register: Option<Quota>,
    /// Refreshes of tokens, by address.
    pub refresh: Option<Quota>,
    /// Changes, resets and strength checks of passwords, by address.
    pub password: Option<Quota>,
    /// Requests that send a mail, by address.
    pub mail: Option<Quota>,
    /// All requests, by access token.
    pub api_token: Option<Quota>,
    /// All requests, by address.
    pub api_address: Option<Quota>,
}

impl LimitSettings {
    /// The default in production. It leaves room for an office behind one address, and little for password guessing.
    pub fn strict() -> Self {
        Self::per_minute([60, 20, 120, 30, 10, 6_000, 12_000])
    }

    /// The default in development, high enough that manual use does not reach it.
    pub fn generous() -> Self {
        Self::per_minute([6_000, 6_000, 6_000, 6_000, 6_000, 10_000_000, 10_000_000])
    }

    /// No limits.
    pub fn off() -> Self {
        Self {
            login: None,
            register: None,
            refresh: None,
            password: None,
            mail: None,
            api_token: None,
            api_address: None,
        }
    }

    fn per_minute(limits: [u32; 7]) -> Self {
        let [login, register, refresh, password, mail, api_token, api_address] =
            limits.map(|limit| Quota::new(limit, RatePeriod::Minute).ok());
        Self { login, register, refresh, password, mail, api_token, api_address }
    }

    pub(super) fn quota(&self, rule: Rule) -> Option<Quota> {
        match rule {
            Rule::ApiAddress => self.api_address,
            Rule::ApiToken => self.api_token,
            Rule::Class(RateLimitClass::Login) => self.login,
            Rule::Class(RateLimitClass::Register) => self.register,
            Rule::Class(RateLimitClass::Refresh) => self.refresh,
            Rule::Class(RateLimitClass::Password) => self.password,
            Rule::Class(RateLimitClass::Mail) => self.mail,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_limit_everything() {
        for (settings, expected) in [
            (LimitSettings::strict(), ["60/min", "20/min", "120/min", "30/min", "10/min", "6000/min", "12000/min"]),
            (
                LimitSettings::generous(),
                ["6000/min", "6000/min", "6000/min", "6000/min", "6000/min", "10000000/min", "10000000/min"],
            ),
        ] {
            let [login, register, refresh, password, mail, token, address] = expected;
            let quota = |text| Some(Quota::parse(text).unwrap());
            assert_eq!((settings.login, settings.register), (quota(login), quota(register)));
            assert_eq!((settings.refresh, settings.password), (quota(refresh), quota(password)));
            assert_eq!(settings.mail, quota(mail));
            assert_eq!((settings.api_token, settings.api_address), (quota(token), quota(address)));
        }
    }
}
