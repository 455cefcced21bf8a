//! A proxy with faults that tests control.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A proxy between a console and its API.
pub(super) struct FaultyProxy {
    pub(super) url: String,
    state: Arc<Mutex<State>>,
}

struct State {
    mode: Mode,
    open: Vec<TcpStream>,
}

/// What the proxy does with a connection.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    /// Forwards it.
    Forward,
    /// Closes it at once.
    Close,
    /// Sends no response.
    Hold,
}

impl FaultyProxy {
    /// A proxy to the API at this address.
    pub(super) fn to(api: &str) -> Self {
        let api = api.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { mode: Mode::Forward, open: Vec::new() }));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for caller in listener.incoming().map_while(Result::ok) {
                let mut state = shared.lock().unwrap();
                state.open.push(caller.try_clone().unwrap());
                match state.mode {
                    Mode::Forward => connect(&caller, &TcpStream::connect(&api).unwrap()),
                    Mode::Close => drop(caller.shutdown(Shutdown::Both)),
                    Mode::Hold => {}
                }
            }
        });
        Self { url, state }
    }

    /// Forwards connections.
    pub(super) fn forward(&self) {
        self.set(Mode::Forward);
    }

    /// Closes new and open connections.
    pub(super) fn close(&self) {
        self.set(Mode::Close);
    }

    /// Accepts connections without a response.
    pub(super) fn hold(&self) {
        self.set(Mode::Hold);
    }

    /// Changes the mode, and closes the open connections.
    fn set(&self, mode: Mode) {
        let mut state = self.state.lock().unwrap();
        state.mode = mode;
        for connection in state.open.drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

/// Copies data in both directions, until one side closes.
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
