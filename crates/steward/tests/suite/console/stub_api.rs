//! An API with stubbed endpoints.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

/// A server between a console and its API. It responds to the calls of stubbed endpoints, and forwards all others.
pub(super) struct StubApi {
    pub(super) url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// The status and the body for each stubbed endpoint: method and path.
    stubs: Mutex<HashMap<String, (u16, Value)>>,
    /// The endpoint and the body of each call of a stubbed endpoint.
    calls: Mutex<Vec<(String, Value)>>,
}

/// A request as it was received.
struct Request {
    /// Method and path.
    endpoint: String,
    head: String,
    body: Vec<u8>,
}

impl StubApi {
    /// Stubs endpoints of the API at this address.
    pub(super) fn before(api: &str) -> Self {
        let api = api.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        let state = Arc::clone(&shared);
        thread::spawn(move || {
            for caller in listener.incoming().map_while(Result::ok) {
                let (api, state) = (api.clone(), Arc::clone(&state));
                // The caller reports a connection that fails.
                thread::spawn(move || respond(caller, &api, &state).unwrap_or_default());
            }
        });
        Self { url, shared }
    }

    /// Responds to calls of an endpoint (`POST /path`) with this status, and with this body unless it is null.
    pub(super) fn stub(&self, endpoint: &str, status: u16, body: Value) {
        self.shared.stubs.lock().unwrap().insert(endpoint.to_owned(), (status, body));
    }

    /// Forwards the calls of an endpoint again.
    pub(super) fn remove(&self, endpoint: &str) {
        self.shared.stubs.lock().unwrap().remove(endpoint);
    }

    /// Responds with a problem of this type and detail.
    pub(super) fn refuse(&self, endpoint: &str, status: u16, code: &str, detail: &str) {
        self.refuse_with(endpoint, status, code, json!({"detail": detail}));
    }

    /// Responds with a problem of this type that has these members, too.
    pub(super) fn refuse_with(&self, endpoint: &str, status: u16, code: &str, mut members: Value) {
        let mut problem = problem(status, code, "No", &[]);
        problem.as_object_mut().unwrap().append(members.as_object_mut().unwrap());
        self.stub(endpoint, status, problem);
    }

    /// Responds with errors of these fields.
    pub(super) fn invalidate(&self, endpoint: &str, fields: &[(&str, &str)]) {
        self.stub(endpoint, 422, problem(422, "validation", "invalid input", fields));
    }

    /// Removes and returns the calls of stubbed endpoints so far.
    pub(super) fn calls(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.shared.calls.lock().unwrap())
    }
}

fn problem(status: u16, code: &str, detail: &str, fields: &[(&str, &str)]) -> Value {
    let errors: Vec<_> = fields.iter().map(|(field, message)| json!({"field": field, "message": message})).collect();
    json!({
        "type": format!("urn:steward:problem:{code}"), "title": "Title", "status": status, "detail": detail,
        "instance": "/", "request_id": "r", "errors": errors,
    })
}

/// Responds to one request on a connection.
fn respond(mut caller: TcpStream, api: &str, shared: &Shared) -> io::Result<()> {
    let request = Request::read(&mut caller)?;
    let stub = shared.stubs.lock().unwrap().get(&request.endpoint).cloned();
    if let Some((status, body)) = stub {
        let sent = serde_json::from_slice(&request.body).unwrap_or_default();
        shared.calls.lock().unwrap().push((request.endpoint, sent));
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let head =
            format!("HTTP/1.1 {status} Stubbed\r\ncontent-type: application/problem+json\r\nretry-after: 30\r\n");
        // 204 has no length (RFC 9110, 8.6).
        let length = if status == 204 { String::new() } else { format!("content-length: {}\r\n", body.len()) };
        write!(caller, "{head}{length}connection: close\r\n\r\n{body}")?;
    } else {
        let mut api = TcpStream::connect(api)?;
        // Without a second request on the connection, the response ends with it.
        write!(api, "{}\r\nconnection: close\r\n\r\n", request.head)?;
        api.write_all(&request.body)?;
        io::copy(&mut api, &mut caller)?;
    }
    caller.shutdown(Shutdown::Both)
}

impl Request {
    fn read(caller: &mut TcpStream) -> io::Result<Self> {
        let mut bytes = Vec::new();
        let head_length = loop {
            if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break at;
            }
            read_more(caller, &mut bytes)?;
        };
        let head = String::from_utf8_lossy(&bytes[..head_length]).into_owned();
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok())?
        });
        while bytes.len() < head_length + 4 + length.unwrap_or_default() {
            read_more(caller, &mut bytes)?;
        }
        let endpoint = head.split(['?', ' ']).take(2).collect::<Vec<_>>().join(" ");
        Ok(Self { endpoint, head, body: bytes.split_off(head_length + 4) })
    }
}

fn read_more(caller: &mut TcpStream, bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut buffer = [0; 4096];
    match caller.read(&mut buffer)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        length => {
            bytes.extend_from_slice(&buffer[..length]);
            Ok(())
        }
    }
}
