//! The console's pages: how long the server takes until a page is whole, and how much it weighs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use ureq::Agent;
use ureq::http::Response;

use super::BenchError;

/// How often each page is asked for.
const TIMES: u32 = 100;

/// The pages that are measured, as an administrator sees them.
const PAGES: [&str; 8] = [
    "/dashboard",
    "/users",
    "/users?page_size=25&search=u12345",
    "/users?page_size=25&status=inactive&sort=name",
    "/users/admin",
    "/audit",
    "/analytics",
    "/account",
];

/// What one page came to.
pub(super) struct PageCost {
    pub(super) page: &'static str,
    /// Milliseconds until the last byte, for half of the requests.
    pub(super) p50: f64,
    /// Milliseconds until the last byte, for 99 of 100 requests.
    pub(super) p99: f64,
    /// Kilobytes of the page itself.
    pub(super) html: f64,
    /// Kilobytes of the page with its style sheet, script and icons, as they travel.
    pub(super) whole: f64,
}

/// Somebody's browser, without a screen.
struct Browser {
    agent: Agent,
    base: String,
    cookies: BTreeMap<String, String>,
}

/// Signs in at the console at `base`, and asks for each page many times.
pub(super) fn measure(base: &str) -> Result<Vec<PageCost>, BenchError> {
    let mut browser = Browser::new(base);
    browser.sign_in("admin", "admin123")?;
    PAGES.into_iter().map(|page| browser.cost(page)).collect()
}

impl Browser {
    fn new(base: &str) -> Self {
        let agent = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(30)))
            .max_redirects(0)
            .http_status_as_error(false)
            .build();
        Self { agent: agent.into(), base: base.to_owned(), cookies: BTreeMap::new() }
    }

    fn sign_in(&mut self, user_id: &str, password: &str) -> Result<(), BenchError> {
        let page = self.get("/sign-in")?;
        let csrf = between(&page, "name=\"csrf\" value=\"", "\"").unwrap_or_default().to_owned();
        let fields = [("csrf", csrf.as_str()), ("user_id", user_id), ("password", password)];
        let url = format!("{}/sign-in", self.base);
        let request = self.agent.post(&url).header("Cookie", self.cookie());
        let answer = request.send_form(fields).map_err(|error| refused(&url, &error.to_string()))?;
        if answer.status().as_u16() != 303 {
            return Err(refused(&url, &format!("status {} at the sign-in", answer.status())));
        }
        self.keep(&answer);
        Ok(())
    }

    fn cost(&mut self, page: &'static str) -> Result<PageCost, BenchError> {
        let html = self.get(page)?;
        let assets = html.match_indices("=\"/assets/").map(|(at, _)| &html[at + 2..]);
        let assets: BTreeSet<&str> = assets.filter_map(|rest| rest.split(['"', '#']).next()).collect();
        let mut whole = html.len();
        for asset in assets {
            whole += self.weight(asset)?;
        }
        let mut times = Vec::new();
        for _ in 0..TIMES {
            let began = Instant::now();
            self.get(page)?;
            times.push(began.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
        Ok(PageCost { page, p50: at(50), p99: at(99), html: kilobytes(html.len()), whole: kilobytes(whole) })
    }

    fn get(&mut self, page: &str) -> Result<String, BenchError> {
        let url = format!("{}{page}", self.base);
        let mut answer = self.ask(&url)?;
        self.keep(&answer);
        answer.body_mut().read_to_string().map_err(|error| refused(&url, &error.to_string()))
    }

    /// Bytes of an asset as it travels to a browser.
    fn weight(&self, asset: &str) -> Result<usize, BenchError> {
        let url = format!("{}{asset}", self.base);
        let mut answer = self.ask(&url)?;
        let body = answer.body_mut().read_to_vec().map_err(|error| refused(&url, &error.to_string()))?;
        Ok(body.len())
    }

    fn ask(&self, url: &str) -> Result<Response<ureq::Body>, BenchError> {
        let request = self.agent.get(url).header("Cookie", self.cookie()).header("Accept-Encoding", "gzip");
        let answer = request.call().map_err(|error| refused(url, &error.to_string()))?;
        if answer.status().is_success() {
            Ok(answer)
        } else {
            Err(refused(url, &format!("status {}", answer.status())))
        }
    }

    fn keep(&mut self, answer: &Response<ureq::Body>) {
        for cookie in answer.headers().get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok()) {
            if let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    fn cookie(&self) -> String {
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split(after).next()
}

fn kilobytes(bytes: usize) -> f64 {
    // Exact far beyond any page.
    #[expect(clippy::cast_precision_loss)]
    let bytes = bytes as f64;
    bytes / 1e3
}

fn refused(url: &str, reason: &str) -> BenchError {
    BenchError::Request { url: url.to_owned(), reason: reason.to_owned() }
}
