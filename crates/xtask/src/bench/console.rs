//! The console's pages: response times and sizes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use ureq::Agent;
use ureq::http::Response;

use super::BenchError;

/// Number of requests per page.
const TIMES: u32 = 100;

/// The measured pages, as an administrator.
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

/// The measurements of one page.
pub(super) struct PageCost {
    pub(super) page: &'static str,
    /// Median time until the last byte, in milliseconds.
    pub(super) p50: f64,
    /// 99th percentile of the time until the last byte, in milliseconds.
    pub(super) p99: f64,
    /// Size of the page, in kilobytes.
    pub(super) html: f64,
    /// Size of the page with its style sheet, script and icons, compressed, in kilobytes.
    pub(super) whole: f64,
}

/// A client with cookies.
struct Browser {
    agent: Agent,
    base: String,
    cookies: BTreeMap<String, String>,
}

/// Signs in at the console at `base`, and requests each page many times.
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
        let response = request.send_form(fields).map_err(|error| refused(&url, &error.to_string()))?;
        if response.status().as_u16() != 303 {
            return Err(refused(&url, &format!("status {} at the sign-in", response.status())));
        }
        self.keep(&response);
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
        let mut response = self.ask(&url)?;
        self.keep(&response);
        response.body_mut().read_to_string().map_err(|error| refused(&url, &error.to_string()))
    }

    /// The compressed size of an asset, in bytes.
    fn weight(&self, asset: &str) -> Result<usize, BenchError> {
        let url = format!("{}{asset}", self.base);
        let mut response = self.ask(&url)?;
        let body = response.body_mut().read_to_vec().map_err(|error| refused(&url, &error.to_string()))?;
        Ok(body.len())
    }

    fn ask(&self, url: &str) -> Result<Response<ureq::Body>, BenchError> {
        let request = self.agent.get(url).header("Cookie", self.cookie()).header("Accept-Encoding", "gzip");
        let response = request.call().map_err(|error| refused(url, &error.to_string()))?;
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(refused(url, &format!("status {}", response.status())))
        }
    }

    fn keep(&mut self, response: &Response<ureq::Body>) {
        for cookie in response.headers().get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok()) {
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
    // Exact for the size of any page.
    #[expect(clippy::cast_precision_loss)]
    let bytes = bytes as f64;
    bytes / 1e3
}

fn refused(url: &str, reason: &str) -> BenchError {
    BenchError::Request { url: url.to_owned(), reason: reason.to_owned() }
}
