use actix_web::http::header::HeaderValue;
use steward_domain::Quota;

use super::LimitSettings;
use super::rules::Rule;

/// The enabled rules and their `RateLimit-Policy` header (draft-ietf-httpapi-ratelimit-headers-10, 3).
///
/// The header of each possible set of rules is formatted once.
pub(super) struct Policies {
    quotas: [Option<Quota>; Rule::ALL.len()],
    headers: [Option<HeaderValue>; 1 << Rule::ALL.len()],
}

impl Policies {
    pub(super) fn new(settings: &LimitSettings) -> Self {
        let quotas = Rule::ALL.map(|rule| settings.quota(rule));
        let headers = std::array::from_fn(|set| {
            let items = Rule::ALL.into_iter().zip(quotas).filter(|(rule, _)| set & rule.bit() != 0);
            let items: Vec<_> = items.filter_map(|(rule, quota)| Some(item(rule, quota?))).collect();
            if items.is_empty() { None } else { HeaderValue::try_from(items.join(", ")).ok() }
        });
        Self { quotas, headers }
    }

    /// Whether no rule is enabled.
    pub(super) fn is_empty(&self) -> bool {
        self.quotas.iter().all(Option::is_none)
    }

    /// Returns the quota of an enabled rule.
    pub(super) fn quota(&self, rule: Rule) -> Option<Quota> {
        self.quotas[rule.position()]
    }

    /// Returns the header of these rules.
    pub(super) fn header(&self, rules: impl Iterator<Item = Rule>) -> Option<HeaderValue> {
        let set = rules.fold(0, |set, rule| set | rule.bit());
        self.headers[set].clone()
    }
}

fn item(rule: Rule, quota: Quota) -> String {
    format!("\"{}\";q={};w={}", rule.name(), quota.limit(), quota.period().seconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_set_of_rules_has_its_policy() {
        let settings = LimitSettings { api_token: None, ..LimitSettings::strict() };
        let policies = Policies::new(&settings);
        let header = |rules: &[Rule]| policies.header(rules.iter().copied());
        assert_eq!(header(&[Rule::Login]).unwrap(), "\"login\";q=60;w=60");
        let both = "\"api_address\";q=12000;w=60, \"password\";q=30;w=60";
        assert_eq!(header(&[Rule::ApiAddress, Rule::Password]).unwrap(), both);
        assert_eq!(header(&[]), None);
        assert_eq!(header(&[Rule::ApiToken]), None, "the rule is off");
        assert_eq!(policies.quota(Rule::Login), settings.login);
        assert!(!policies.is_empty() && Policies::new(&LimitSettings::off()).is_empty());
    }

    #[test]
    fn a_policy_contains_its_own_period() {
        let quota = Quota::parse("1000/hour:10").unwrap();
        let policies = Policies::new(&LimitSettings { refresh: Some(quota), ..LimitSettings::off() });
        assert_eq!(policies.header([Rule::Refresh].into_iter()).unwrap(), "\"refresh\";q=1000;w=3600");
    }
}
