//! How often anybody may ask: the middleware of the edge that charges each request by the rules that apply to it.
//!
//! - `settings`: how often, per rule.
//! - `rules`: which rules apply to what.
//! - `keys`: who is counted: an address, an IPv6 network, a token.
//! - `policies`, `rate_limit_header`: what answers say of it (`RateLimit-Policy`, `RateLimit`).
//! - `failing`: a limiter that fails refuses nobody.
//! - `middleware`: in the way of a request.
//!
//! All rules of a request are asked for in one call of the limiter, and nothing is charged where one of them refuses.
//! The services behind do not limit: what reaches them was let in here.

mod failing;
mod keys;
mod middleware;
mod policies;
mod rate_limit_header;
mod rules;
mod settings;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use prometheus::{IntCounter, IntCounterVec, Opts};
use steward_domain::Quota;
use steward_domain::ports::{Charge, RateLimiter};
use steward_web::{Metrics, client_address};

use failing::Failing;
use keys::Key;
use policies::Policies;
use rules::Rule;
pub use settings::LimitSettings;

/// The middleware. Made once per process and cloned for each worker; to be wrapped around the app below the request
/// layer, which makes problems of its refusals.
#[derive(Clone)]
pub struct Limits(Arc<Shared>);

struct Shared {
    policies: Policies,
    limiter: Arc<dyn RateLimiter>,
    failing: Failing,
    refused: [IntCounter; Rule::ALL.len()],
}

/// Who asks for what, as far as rules go.
struct Asking {
    address: Key,
    token: Option<Key>,
    route: Option<Rule>,
}

/// What becomes of a request.
struct Outcome {
    /// How long to wait, if it is refused.
    refused: Option<Duration>,
    policy: Option<HeaderValue>,
    header: Option<HeaderValue>,
}

impl Limits {
    /// Limits that `limiter` keeps count of, and that are counted in `metrics` where they refuse. Fails only if those
    /// are registered already.
    pub fn new(
        settings: &LimitSettings,
        limiter: Arc<dyn RateLimiter>,
        metrics: &Metrics,
    ) -> Result<Self, prometheus::Error> {
        let refused = IntCounterVec::new(
            Opts::new("steward_rate_limited_requests_total", "Requests refused because they came too often, by rule"),
            &["rule"],
        )?;
        metrics.register(refused.clone())?;
        let refused = Rule::ALL.map(|rule| refused.with_label_values(&[rule.name()]));
        let policies = Policies::new(settings);
        Ok(Self(Arc::new(Shared { policies, limiter, failing: Failing::default(), refused })))
    }
}

impl Shared {
    /// Charges a request. A limiter that fails refuses nobody.
    async fn charge(&self, asking: &Asking) -> Option<Outcome> {
        let charges: Vec<Charge<'_>> = asking
            .charged(&self.policies)
            .map(|(rule, key, quota)| Charge { rule: rule.name(), key: key.as_str(), quota })
            .collect();
        let verdicts = self.limiter.check(&charges).await;
        self.failing.note(verdicts.as_ref().err());
        let verdicts = verdicts.ok()?;
        let rules = || asking.charged(&self.policies).map(|(rule, ..)| rule);
        let mut refused = None;
        for (rule, verdict) in rules().zip(&verdicts).filter(|(_, verdict)| !verdict.allowed) {
            self.refused[rule.position()].inc();
            refused = refused.max(Some(verdict.retry_after));
        }
        Some(Outcome {
            refused,
            policy: self.policies.header(rules()),
            header: rate_limit_header::value(rules().zip(&verdicts)),
        })
    }
}

impl Asking {
    fn of(request: &ServiceRequest, path: &str) -> Self {
        let address: Option<IpAddr> = client_address(request.request());
        Self {
            address: Key::of_address(address),
            token: request.headers().get(AUTHORIZATION).and_then(Key::of_token),
            route: Rule::of_route(request.method(), path),
        }
    }

    /// The rules that apply and are on, whom they count, and how often.
    fn charged<'a>(&'a self, policies: &'a Policies) -> impl Iterator<Item = (Rule, &'a Key, Quota)> {
        let by_address = Some((Rule::ApiAddress, &self.address));
        let by_token = self.token.as_ref().map(|token| (Rule::ApiToken, token));
        let by_route = self.route.map(|rule| (rule, &self.address));
        let all = [by_address, by_token, by_route].into_iter().flatten();
        all.filter_map(|(rule, key)| Some((rule, key, policies.quota(rule)?)))
    }
}
