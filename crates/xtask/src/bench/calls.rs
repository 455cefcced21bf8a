use super::arguments::Arguments;
use super::measure::Target;
use super::{BenchError, http};

/// Number of requests that are generated in advance and sent repeatedly.
const VARIETY: u32 = 2_000;

/// The number of the deep page, with ten items per page.
const DEEP: u32 = 1_000;

/// One row of the table.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) name: &'static str,
    /// The most connections that make sense for the call.
    pub(super) clients: Option<u32>,
    /// Factor by which the call is measured longer than others, for enough samples.
    pub(super) patience: u32,
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

/// One request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) token: Option<String>,
    /// `{n}` in it is replaced by another number in each request.
    pub(super) body: Option<String>,
}

/// Every call that `arguments` select, changes last.
pub(super) fn all(arguments: &Arguments) -> Vec<Call> {
    let users = arguments.users();
    let list = |query: &str| format!("/api/admin/users?page_size=10&{query}");
    let lists = |query: &str| What::Admin(vec![list(query)]);
    // More rare terms than a cache holds. There are fewer of the other terms, which favours a cache.
    let search =
        |terms: &[String]| What::Admin(terms.iter().map(|term| list(&format!("page=1&search={term}"))).collect());
    let rare: Vec<_> = (0..VARIETY).map(|number| format!("u{}", users / 10 + number % (users / 10 * 9))).collect();
    let middling: Vec<_> = (10..100).map(|number| format!("u{number}")).collect();
    let common = ["example", "generated", "user", "net"].map(str::to_owned);
    let call = |name, what| Call { name, clients: None, patience: 1, is_light: false, what };
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
        Call { clients: Some(8), patience: 3, ..call("login", What::Login) },
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

    /// The requests for `target`; `None` if it has no such call.
    pub(super) fn requests(&self, target: &Target) -> Result<Option<Vec<Request>>, BenchError> {
        let admin = |number, method, path, body| {
            let token = target.admin(number).map(str::to_owned);
            Request { method, path, token, body }
        };
        let get = |paths: &[String]| -> Vec<_> {
            (0..VARIETY)
                .zip(paths.iter().cycle())
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

impl Request {
    pub(super) fn login() -> Self {
        let body = Some(http::credentials("admin", "admin123"));
        Self { method: "POST", path: "/api/auth/login".into(), token: None, body }
    }

    pub(super) fn me(token: &str) -> Self {
        Self { method: "GET", path: "/api/auth/me".into(), token: Some(token.to_owned()), body: None }
    }
}

/// A generated user, spread over all of them in no particular order.
fn user(number: u32, users: u32) -> String {
    format!("u{}", 100 + number.wrapping_mul(2_654_435_761) % (users - 100))
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
