use super::{BenchError, http};

/// A server to measure.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) name: &'static str,
    pub(super) url: String,
    sessions: Sessions,
    pub(super) processes: Vec<u32>,
    pub(super) postgres: Option<u32>,
}

/// Tokens of signed-in users.
#[derive(Debug, Clone)]
pub(super) struct Sessions {
    users: Vec<String>,
    admins: Vec<String>,
}

impl Target {
    /// A server at `url` with these local processes.
    pub(super) fn new(name: &'static str, url: &str, sessions: &Sessions, processes: Vec<u32>) -> Self {
        Self { name, url: url.to_owned(), sessions: sessions.clone(), processes, postgres: None }
    }

    /// With the process of its PostgreSQL.
    pub(super) fn on(self, postgres: u32) -> Self {
        Self { postgres: Some(postgres), ..self }
    }

    /// One of the administrator's tokens, in rotation.
    pub(super) fn admin(&self, number: u32) -> Option<&str> {
        let tokens = &self.sessions.admins;
        tokens.get(number as usize % tokens.len().max(1)).map(String::as_str)
    }

    pub(super) fn each_user<T>(&self, make: impl Fn(&str) -> T) -> impl Iterator<Item = T> {
        self.sessions.each_user(make)
    }
}

impl Sessions {
    pub(super) fn each_user<T>(&self, make: impl Fn(&str) -> T) -> impl Iterator<Item = T> {
        self.users.iter().map(move |token| make(token))
    }
}

/// Signs in this number of users, and the administrator as often.
pub(super) fn log_in(url: &str, count: u32) -> Result<Sessions, BenchError> {
    // Every fifth generated user is inactive.
    let users = (100..).filter(|number| number % 5 != 0).take(count as usize);
    Ok(Sessions {
        users: users.map(|number| http::login(url, &format!("u{number}"), "test123")).collect::<Result<_, _>>()?,
        admins: (0..count).map(|_| http::login(url, "admin", "admin123")).collect::<Result<_, _>>()?,
    })
}
