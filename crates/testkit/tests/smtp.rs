//! Tests of the mail server, by a client that sends plain lines.

#![allow(clippy::unwrap_used, reason = "a failed step must fail the test")]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use steward_testkit::servers::smtp::{Fault, SmtpServer, Step};

struct Client(BufReader<TcpStream>);

impl Client {
    /// Connects, and returns the client with the greeting.
    fn connect(server: &SmtpServer) -> (Self, String) {
        let address = server.url().trim_start_matches("smtp+insecure://").to_owned();
        let mut client = Self(BufReader::new(TcpStream::connect(address).unwrap()));
        let greeting = client.reply();
        (client, greeting)
    }

    fn send(&mut self, line: &str) -> String {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).unwrap();
        self.reply()
    }

    /// Returns the last line of a reply; empty at the end of the connection.
    fn reply(&mut self) -> String {
        let mut line = String::new();
        while self.0.read_line(&mut line).unwrap() > 0 && line.as_bytes().get(3) == Some(&b'-') {
            line.clear();
        }
        line.trim_end().to_owned()
    }
}

const MAIL: &str = "Subject: x\r\n\r\n..dot\r\n.";

#[test]
fn a_mail_is_recorded() {
    let server = SmtpServer::start().unwrap();
    let (mut client, greeting) = Client::connect(&server);
    assert_eq!(greeting, "220 localhost ESMTP");
    for (line, code) in [
        ("DATA", "503"),
        ("EHLO client.example", "250"),
        ("MAIL FROM:<a@b.example> BODY=8BITMIME", "250"),
        ("RCPT TO:<c@d.example>", "250"),
        ("DATA", "354"),
        (MAIL, "250"),
        ("HELP", "500"),
        ("QUIT", "221"),
    ] {
        assert_eq!(&client.send(line)[..3], code, "{line}");
    }
    let mails = server.wait_for(1);
    assert_eq!((mails[0].from.as_str(), mails[0].to.as_slice()), ("a@b.example", &["c@d.example".to_owned()][..]));
    assert_eq!(
        (mails[0].content.as_slice(), mails[0].client_name.as_str()),
        (&b"Subject: x\r\n\r\n.dot\r\n"[..], "client.example")
    );
}

#[test]
fn faults_follow_the_script() {
    let server = SmtpServer::start().unwrap();
    server.fail(Step::Greeting, Fault::Disconnect);
    server.fail(Step::Rcpt, Fault::Reply("450 later"));
    server.fail(Step::Rcpt, Fault::Reply("550 never"));
    assert_eq!(Client::connect(&server).1, "");
    let (mut client, _) = Client::connect(&server);
    for (line, reply) in [
        ("MAIL FROM:<a@b.example>", "250 2.1.0 sender"),
        ("RCPT TO:<c@d.example>", "450 later"),
        ("RCPT TO:<c@d.example>", "550 never"),
        ("RCPT TO:<c@d.example>", "250 2.1.5 recipient"),
        ("RSET", "250 reset"),
        ("RCPT TO:<c@d.example>", "503 no sender"),
    ] {
        assert_eq!(client.send(line), reply);
    }
    assert_eq!((server.connections(), server.mails().len()), (2, 0));
}

#[test]
fn a_stopped_server_refuses_connections_until_it_restarts() {
    let mut server = SmtpServer::start().unwrap();
    let (mut client, _) = Client::connect(&server);
    server.stop();
    assert_eq!(client.reply(), "");
    let address = server.url().trim_start_matches("smtp+insecure://").to_owned();
    assert!(TcpStream::connect(&address).is_err());
    server.restart().unwrap();
    assert_eq!(Client::connect(&server).1, "220 localhost ESMTP");
}

#[test]
fn a_delayed_reply_is_sent_after_the_release() {
    let server = SmtpServer::start().unwrap();
    server.fail(Step::Rcpt, Fault::Delay);
    let (mut client, _) = Client::connect(&server);
    client.send("MAIL FROM:<a@b.example>");
    client.0.get_mut().write_all(b"RCPT TO:<c@d.example>\r\n").unwrap();
    client.0.get_mut().set_nonblocking(true).unwrap();
    assert_eq!(client.0.fill_buf().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    client.0.get_mut().set_nonblocking(false).unwrap();
    // The server may not have read the line yet, so that one release may come too early.
    let reply = std::thread::scope(|scope| {
        let reply = scope.spawn(move || client.reply());
        while !reply.is_finished() {
            server.release();
            std::thread::yield_now();
        }
        reply.join().unwrap()
    });
    assert_eq!(reply, "250 2.1.5 recipient");
}
