use std::collections::BTreeSet;

use super::arguments::Arguments;
use super::request::Request;
use super::target::Target;
use super::{BenchError, http};

/// Number of requests that are generated in advance and sent repeatedly.
const VARIETY: u32 = 2_000;

/// Number of generated searches, each with a term of its own as long as there are other terms.
const SEARCHES: u32 = 20_000;

/// The number of the deep page, with ten items per page.
const DEEP: u32 = 1_000;

/// One row of the table.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) name: &'static str,
    /// The most connections that make sense for the call.
    max_clients: Option<u32>,
    /// Factor by which the call is measured longer than others, for enough samples.
    patience: u32,
    /// Whether the call is also measured with one client.
    pub(super) is_light: bool,
    what: What,
}

#[derive(Debug)]
enum What {
    Health,
    Me,
    Login,
    /// Paths of the admin API, in turn.
    Admin(Vec<String>),
    /// A page of users, reached by following cursors.
    Cursor,
    Get {
        users: u32,
    },
    Update {
        users: u32,
    },
}

/// Every call that `arguments` select, changes last.
pub(super) fn all(arguments: &Arguments) -> Vec<Call> {
    let users = arguments.users();
    let list = |query: &str| format!("/api/admin/users?page_size=10&{query}");
    let lists = |query: &str| What::Admin(vec![list(query)]);
    let search = |term: &dyn Fn(u32) -> String| {
        What::Admin((0..SEARCHES).map(|number| list(&format!("page=1&search={}", term(number)))).collect())
    };
    let rare = |number| format!("u{}", users / 10 + spread(number) % (users / 10 * 9));
    let common = common_terms();
    let common = |number: u32| common[number as usize % common.len()].clone();
    let middling = |number| format!("u{}+{}", 10 + number % 90, common(number / 90));
    let call = |name, what| Call { name, max_clients: None, patience: 1, is_light: false, what };
    let light = |name, what| Call { is_light: true, ..call(name, what) };
    [
        light("health", What::Health),
        light("me", What::Me),
        light("get", What::Get { users }),
        light("list", lists("page=1")),
        call("page 1000", lists(&format!("page={DEEP}"))),
        call("cursor 1000", What::Cursor),
        light("search rare", search(&rare)),
        light("search middling", search(&middling)),
        light("search common", search(&common)),
        light("analytics", What::Admin(vec!["/api/admin/analytics/users".into()])),
        light("audit", What::Admin(vec!["/api/admin/audit-logs?page=1&page_size=10".into()])),
        light("update", What::Update { users }),
        Call { max_clients: Some(8), patience: 3, ..call("login", What::Login) },
    ]
    .into_iter()
    .filter(|call| arguments.wants(call.name))
    .collect()
}

impl Call {
    /// Whether the call is a sign-in, which is limited by the hash function.
    pub(super) fn is_login(&self) -> bool {
        matches!(self.what, What::Login)
    }

    /// The time to measure one round, in seconds.
    pub(super) fn seconds(&self, arguments: &Arguments) -> u32 {
        arguments.seconds() * self.patience
    }

    /// The number of connections that send requests.
    pub(super) fn clients(&self, arguments: &Arguments) -> u32 {
        self.max_clients.map_or(arguments.clients(), |most| most.min(arguments.clients()))
    }

    /// The requests for `target`; `None` if it has no such call.
    pub(super) fn requests(&self, target: &Target) -> Result<Option<Vec<Request>>, BenchError> {
        let admin = |number, method, path, body| {
            let token = target.admin(number).map(str::to_owned);
            Request { method, path, token, body }
        };
        let get = |paths: &[String]| -> Vec<_> {
            (0..)
                .zip(paths.iter().cycle())
                .take(paths.len().max(VARIETY as usize))
                .map(|(number, path)| admin(number, "GET", path.clone(), None))
                .collect()
        };
        Ok(Some(match &self.what {
            What::Health => vec![Request { method: "GET", path: "/health".into(), token: None, body: None }],
            What::Me => target.each_user(Request::me).collect(),
            What::Login => vec![Request::login()],
            What::Admin(paths) => get(paths),
            What::Cursor => match deep_cursor(target)? {
                Some(cursor) => get(&[format!("/api/admin/users?page_size=10&cursor={cursor}")]),
                None => return Ok(None),
            },
            What::Get { users } => (0..VARIETY)
                .map(|number| admin(number, "GET", format!("/api/admin/users/{}", user(number, *users)), None))
                .collect(),
            What::Update { users } => (0..VARIETY)
                .map(|number| {
                    let path = format!("/api/admin/users/{}", user(number, *users));
                    admin(number, "PUT", path, Some(r#"{"name": "Generated User {n}"}"#.into()))
                })
                .collect(),
        }))
    }
}

/// A generated user, spread over all of them in no particular order.
fn user(number: u32, users: u32) -> String {
    format!("u{}", 100 + spread(number) % (users - 100))
}

/// Spreads consecutive numbers over all numbers (Knuth, The Art of Computer Programming, 6.4).
fn spread(number: u32) -> u32 {
    number.wrapping_mul(2_654_435_761)
}

/// Terms of one or two words that match every generated user.
fn common_terms() -> Vec<String> {
    let parts = |text: &'static str| {
        (0..text.len()).flat_map(move |start| (start + 3..=text.len()).map(move |end| &text[start..end]))
    };
    let words: BTreeSet<&str> = ["generated", "user", "example.net"].into_iter().flat_map(parts).collect();
    let pairs = words.iter().flat_map(|first| words.iter().map(move |second| format!("{first}+{second}")));
    words.iter().map(|word| (*word).to_owned()).chain(pairs).collect()
}

/// Follows the cursors of a list to the deep page, or to the last page of a shorter list.
fn deep_cursor(target: &Target) -> Result<Option<String>, BenchError> {
    let token = target.admin(0);
    let mut cursor: Option<String> = None;
    for _ in 1..DEEP {
        let place = cursor.map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
        let url = format!("{}/api/admin/users?page_size=10{place}", target.url);
        match http::get(&url, token)?["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return Ok(None),
        }
    }
    Ok(cursor)
}
