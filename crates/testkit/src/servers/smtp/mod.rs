//! A mail server on a loopback port, in threads of this process. It records mails, and fails by script.
//!
//! ```
//! use steward_testkit::servers::smtp::{Fault, SmtpServer, Step};
//!
//! let server = SmtpServer::start()?;
//! // The next recipient is rejected, the one after is accepted.
//! server.fail(Step::Rcpt, Fault::Reply("550 5.1.1 no such user"));
//! assert!(server.url().starts_with("smtp+insecure://127.0.0.1:"));
//! # Ok::<(), steward_testkit::servers::ServerError>(())
//! ```

mod session;
mod stream;

use std::collections::VecDeque;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::{Certificate, ServerError};

/// How long [`SmtpServer::wait_for`] waits.
const PATIENCE: Duration = Duration::from_mins(1);

/// A mail server. It ends when dropped.
#[derive(Debug)]
pub struct SmtpServer {
    port: u16,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

/// What the server offers.
#[derive(Debug, Clone, Default)]
pub struct SmtpOptions {
    /// TLS.
    pub tls: SmtpTls,
    /// The user and the password that a client must have.
    pub credentials: Option<(&'static str, &'static str)>,
    /// Whether the server supports `SMTPUTF8` (RFC 6531).
    pub utf8: bool,
}

/// TLS of the server.
#[derive(Debug, Clone, Default)]
pub enum SmtpTls {
    /// No TLS.
    #[default]
    None,
    /// TLS after STARTTLS.
    StartTls(Certificate),
    /// TLS from the beginning.
    Implicit(Certificate),
}

/// A step of the protocol at which the server can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The server greets the client.
    Greeting,
    /// The reply to EHLO.
    Ehlo,
    /// The reply to STARTTLS.
    StartTls,
    /// The reply to AUTH.
    Auth,
    /// The reply to MAIL.
    Mail,
    /// The reply to RCPT.
    Rcpt,
    /// The reply to DATA.
    Data,
    /// The middle of the mail, after its first line.
    Content,
    /// The reply to the whole mail. The server accepts the mail unless the fault is a reply.
    EndOfContent,
    /// The reply to RSET.
    Rset,
}

/// What the server does instead of its reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It sends this line.
    Reply(&'static str),
    /// It sends nothing until the client closes the connection.
    Silence,
    /// It sends its reply after the next [`SmtpServer::release`].
    Delay,
    /// It closes the connection.
    Disconnect,
}

/// A mail that the server accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedMail {
    /// The address of the envelope's sender.
    pub from: String,
    /// The addresses of the envelope's recipients.
    pub to: Vec<String>,
    /// The mail with its headers, without the dots of the protocol.
    pub content: Vec<u8>,
    /// The name in EHLO.
    pub client_name: String,
    /// The user.
    pub user: Option<String>,
    /// Whether the connection had TLS.
    pub is_encrypted: bool,
    /// The number of the connection, from 1.
    pub connection: usize,
}

#[derive(Debug)]
struct Shared {
    options: SmtpOptions,
    faults: Mutex<VecDeque<(Step, Fault)>>,
    mails: Mutex<Vec<ReceivedMail>>,
    received: Condvar,
    open: Mutex<Vec<TcpStream>>,
    /// The number of calls of [`SmtpServer::release`].
    releases: Mutex<usize>,
    released: Condvar,
    connections: AtomicUsize,
    is_stopped: AtomicBool,
}

impl SmtpServer {
    /// Starts a server without TLS and authentication.
    pub fn start() -> Result<Self, ServerError> {
        Self::start_with(SmtpOptions::default())
    }

    /// Starts a server with these options.
    pub fn start_with(options: SmtpOptions) -> Result<Self, ServerError> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let shared = Arc::new(Shared {
            options,
            faults: Mutex::default(),
            mails: Mutex::default(),
            received: Condvar::new(),
            open: Mutex::default(),
            releases: Mutex::default(),
            released: Condvar::new(),
            connections: AtomicUsize::new(0),
            is_stopped: AtomicBool::new(false),
        });
        let mut server = Self { port: listener.local_addr()?.port(), shared, accepting: None };
        server.accept(listener);
        Ok(server)
    }

    /// The URL, with the credentials. Its scheme is that of the server's TLS.
    pub fn url(&self) -> String {
        let options = &self.shared.options;
        let scheme = match options.tls {
            SmtpTls::None => "smtp+insecure",
            SmtpTls::StartTls(_) => "smtp",
            SmtpTls::Implicit(_) => "smtps",
        };
        let credentials = options.credentials.map_or_else(String::new, |(user, word)| format!("{user}:{word}@"));
        format!("{scheme}://{credentials}127.0.0.1:{}", self.port)
    }

    /// Fails once, the next time that a client reaches `step`. Faults at one step apply in the order of the calls.
    pub fn fail(&self, step: Step, fault: Fault) {
        lock(&self.shared.faults).push_back((step, fault));
    }

    /// Sends the replies that [`Fault::Delay`] holds back.
    pub fn release(&self) {
        *lock(&self.shared.releases) += 1;
        self.shared.released.notify_all();
    }

    /// The accepted mails.
    pub fn mails(&self) -> Vec<ReceivedMail> {
        lock(&self.shared.mails).clone()
    }

    /// The number of accepted mails.
    pub fn accepted(&self) -> usize {
        lock(&self.shared.mails).len()
    }

    /// Waits until the server has accepted `count` mails, and returns all mails.
    pub fn wait_for(&self, count: usize) -> Vec<ReceivedMail> {
        let mails = lock(&self.shared.mails);
        let waited = self.shared.received.wait_timeout_while(mails, PATIENCE, |mails| mails.len() < count);
        let (mails, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "{} of {count} mails in {PATIENCE:?}", mails.len());
        mails.clone()
    }

    /// The number of connections that the server has accepted.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Refuses connections and closes the open ones.
    pub fn stop(&mut self) {
        let Some(accepting) = self.accepting.take() else { return };
        self.shared.is_stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts connections.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        let _ = accepting.join();
        for stream in lock(&self.shared.open).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.release();
    }

    /// Accepts connections again, at the same port.
    pub fn restart(&mut self) -> Result<(), ServerError> {
        self.stop();
        let listener = TcpListener::bind(("127.0.0.1", self.port))?;
        self.shared.is_stopped.store(false, Ordering::SeqCst);
        self.accept(listener);
        Ok(())
    }

    fn accept(&mut self, listener: TcpListener) {
        let shared = Arc::clone(&self.shared);
        self.accepting = Some(thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if shared.is_stopped.load(Ordering::SeqCst) {
                    return;
                }
                if let Ok(copy) = stream.try_clone() {
                    lock(&shared.open).push(copy);
                }
                let number = shared.connections.fetch_add(1, Ordering::SeqCst) + 1;
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    // An error is a connection that ended.
                    let _ = session::serve(&stream, number, &shared);
                    // Other handles of the socket would keep it open.
                    let _ = stream.shutdown(Shutdown::Both);
                });
            }
        }));
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    /// Takes the next fault at this step.
    fn fault(&self, step: Step) -> Option<Fault> {
        let mut faults = lock(&self.faults);
        let at = faults.iter().position(|(at, _)| *at == step)?;
        faults.remove(at).map(|(_, fault)| fault)
    }

    /// Returns after the next release, or when the server stops.
    fn wait_for_release(&self) {
        let releases = lock(&self.releases);
        let before = *releases;
        let waited = self
            .released
            .wait_while(releases, |releases| *releases == before && !self.is_stopped.load(Ordering::SeqCst));
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn record(&self, mail: ReceivedMail) {
        lock(&self.mails).push(mail);
        self.received.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
