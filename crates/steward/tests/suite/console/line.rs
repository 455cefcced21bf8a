//! A line that fails when it is told to.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What lies between a console and its API, and can fail.
pub(super) struct Line {
    pub(super) url: String,
    state: Arc<Mutex<State>>,
}

struct State {
    end: End,
    open: Vec<TcpStream>,
}

/// What becomes of a call.
#[derive(Clone, Copy, PartialEq)]
enum End {
    /// It comes through.
    Api,
    /// The connection is closed at once.
    Nobody,
    /// Nothing comes back.
    Silence,
}

impl Line {
    /// To the API at this address.
    pub(super) fn to(api: &str) -> Self {
        let api = api.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { end: End::Api, open: Vec::new() }));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for caller in listener.incoming().map_while(Result::ok) {
                let mut state = shared.lock().unwrap();
                state.open.push(caller.try_clone().unwrap());
                match state.end {
                    End::Api => connect(&caller, &TcpStream::connect(&api).unwrap()),
                    End::Nobody => drop(caller.shutdown(Shutdown::Both)),
                    End::Silence => {}
                }
            }
        });
        Self { url, state }
    }

    /// Calls come through.
    pub(super) fn mend(&self) {
        self.turn(End::Api);
    }

    /// Whoever calls is hung up on.
    pub(super) fn cut(&self) {
        self.turn(End::Nobody);
    }

    /// Whoever calls hears nothing.
    pub(super) fn hold(&self) {
        self.turn(End::Silence);
    }

    /// From now on, for calls on open connections, too.
    fn turn(&self, end: End) {
        let mut state = self.state.lock().unwrap();
        state.end = end;
        for connection in state.open.drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

/// Carries everything between two connections, until one of them ends.
fn connect(one: &TcpStream, other: &TcpStream) {
    for (from, to) in [(one, other), (other, one)] {
        let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
        thread::spawn(move || {
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Both);
            let _ = from.shutdown(Shutdown::Both);
        });
    }
}
