//! A small site, served by a thread.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// The default Content-Security-Policy of a page.
const STRICT: &str = "default-src 'none'; img-src data:; script-src 'self'; style-src 'self' 'unsafe-inline'";

/// Serves `pages`, each a path and a body, and returns the URL. `LANGUAGES` in a body is replaced by the languages of
/// the request.
pub(crate) fn serve(pages: &'static [(&'static str, &'static str)]) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || respond(&stream, pages));
        }
    });
    base
}

fn respond(mut stream: &TcpStream, pages: &[(&str, &str)]) -> Option<()> {
    let head: Vec<String> =
        BufReader::new(stream).lines().map_while(Result::ok).take_while(|l| !l.is_empty()).collect();
    let path = head.first()?.split(' ').nth(1)?.split('?').next()?.to_owned();
    let languages = head.iter().find_map(|line| line.strip_prefix("Accept-Language: ")).unwrap_or_default();
    let page = pages.iter().find(|(known, _)| *known == path);
    let status = if path == "/refused" { "422 Refused" } else { page.map_or("404 Not Found", |_| "200 OK") };
    let body = page.map_or_else(String::new, |(_, body)| body.replace("LANGUAGES", languages));
    let kind = if body.starts_with('<') { "text/html; charset=utf-8" } else { "text/javascript" };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Security-Policy: {STRICT}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
    .ok()
}
