use std::io;
use std::net::TcpStream;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::stream::Stream;
use super::{Fault, ReceivedMail, Shared, SmtpTls, Step};

/// Serves one connection until it ends.
pub(super) fn serve(socket: &TcpStream, number: usize, shared: &Shared) -> io::Result<()> {
    let stream = match &shared.options.tls {
        SmtpTls::Implicit(certificate) => Stream::tls(socket.try_clone()?, certificate)?,
        SmtpTls::None | SmtpTls::StartTls(_) => Stream::plain(socket.try_clone()?),
    };
    let mut session = Session { stream, shared, number, client_name: String::new(), user: None, envelope: None };
    session.reply(Step::Greeting, &["220 localhost ESMTP"])?;
    loop {
        let line = session.stream.line()?;
        let line = String::from_utf8_lossy(&line).into_owned();
        let (command, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match command.to_ascii_uppercase().as_str() {
            "EHLO" => session.greet(rest)?,
            "STARTTLS" => match &shared.options.tls {
                SmtpTls::StartTls(certificate) if !session.stream.is_encrypted() => {
                    if session.reply(Step::StartTls, &["220 ready"])? {
                        session.stream = Stream::tls(socket.try_clone()?, certificate)?;
                    }
                }
                _ => session.stream.send(&["502 no TLS"])?,
            },
            "AUTH" => session.authenticate(rest)?,
            "MAIL" => session.begin(rest)?,
            "RCPT" => session.add_recipient(rest)?,
            "DATA" => session.receive()?,
            "RSET" => {
                session.envelope = None;
                session.reply(Step::Rset, &["250 reset"])?;
            }
            "NOOP" => session.stream.send(&["250 nothing done"])?,
            "QUIT" => return session.stream.send(&["221 bye"]),
            _ => session.stream.send(&["500 unknown command"])?,
        }
    }
}

struct Session<'a> {
    stream: Stream,
    shared: &'a Shared,
    number: usize,
    client_name: String,
    user: Option<String>,
    /// The addresses of the sender and the recipients.
    envelope: Option<(String, Vec<String>)>,
}

impl Session<'_> {
    /// Sends the reply of a step, or fails as the script says. Returns whether it sent the reply.
    fn reply(&mut self, step: Step, lines: &[&str]) -> io::Result<bool> {
        match self.shared.fault(step) {
            None => self.stream.send(lines).map(|()| true),
            Some(Fault::Reply(line)) => self.stream.send(&[line]).map(|()| false),
            Some(Fault::Delay) => {
                self.shared.wait_for_release();
                self.stream.send(lines).map(|()| true)
            }
            Some(fault) => self.end(fault),
        }
    }

    /// Ends the connection: at once, or when the client closes it.
    fn end<T>(&mut self, fault: Fault) -> io::Result<T> {
        if fault == Fault::Silence {
            loop {
                self.stream.line()?;
            }
        }
        Err(io::ErrorKind::ConnectionAborted.into())
    }

    fn greet(&mut self, name: &str) -> io::Result<()> {
        name.clone_into(&mut self.client_name);
        let options = &self.shared.options;
        let mut lines = vec!["250-localhost", "250-8BITMIME"];
        if options.utf8 {
            lines.push("250-SMTPUTF8");
        }
        let can_encrypt = matches!(options.tls, SmtpTls::StartTls(_)) && !self.stream.is_encrypted();
        if can_encrypt {
            lines.push("250-STARTTLS");
        } else if options.credentials.is_some() {
            lines.push("250-AUTH PLAIN");
        }
        lines.push("250 SIZE 10000000");
        self.reply(Step::Ehlo, &lines).map(|_| ())
    }

    fn authenticate(&mut self, rest: &str) -> io::Result<()> {
        let expected = self.shared.options.credentials;
        let token = expected.map(|(user, password)| STANDARD.encode(format!("\0{user}\0{password}")));
        if rest.strip_prefix("PLAIN ") != token.as_deref() {
            return self.stream.send(&["535 5.7.8 authentication failed"]);
        }
        if self.reply(Step::Auth, &["235 2.7.0 authenticated"])? {
            self.user = expected.map(|(user, _)| user.to_owned());
        }
        Ok(())
    }

    fn begin(&mut self, rest: &str) -> io::Result<()> {
        if self.shared.options.credentials.is_some() && self.user.is_none() {
            return self.stream.send(&["530 5.7.0 authentication required"]);
        }
        if self.envelope.is_some() {
            return self.stream.send(&["503 a mail has begun"]);
        }
        if self.reply(Step::Mail, &["250 2.1.0 sender"])? {
            self.envelope = Some((address(rest), Vec::new()));
        }
        Ok(())
    }

    fn add_recipient(&mut self, rest: &str) -> io::Result<()> {
        if self.envelope.is_none() {
            return self.stream.send(&["503 no sender"]);
        }
        if self.reply(Step::Rcpt, &["250 2.1.5 recipient"])?
            && let Some((_, recipients)) = &mut self.envelope
        {
            recipients.push(address(rest));
        }
        Ok(())
    }

    fn receive(&mut self) -> io::Result<()> {
        if self.envelope.as_ref().is_none_or(|(_, recipients)| recipients.is_empty()) {
            return self.stream.send(&["503 no recipient"]);
        }
        if !self.reply(Step::Data, &["354 end with a dot"])? {
            return Ok(());
        }
        let mut content = Vec::new();
        loop {
            let line = self.stream.line()?;
            if line == b"." {
                break;
            }
            content.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            content.extend_from_slice(b"\r\n");
            match self.shared.fault(Step::Content) {
                None => {}
                Some(Fault::Delay) => self.shared.wait_for_release(),
                Some(fault) => return self.end(fault),
            }
        }
        let (from, to) = self.envelope.take().unwrap_or_default();
        let fault = self.shared.fault(Step::EndOfContent);
        if let Some(Fault::Reply(line)) = fault {
            return self.stream.send(&[line]);
        }
        self.shared.record(ReceivedMail {
            from,
            to,
            content,
            client_name: self.client_name.clone(),
            user: self.user.clone(),
            is_encrypted: self.stream.is_encrypted(),
            connection: self.number,
        });
        match fault {
            None => {}
            Some(Fault::Delay) => self.shared.wait_for_release(),
            Some(fault) => return self.end(fault),
        }
        self.stream.send(&["250 2.0.0 accepted"])
    }
}

/// Returns the address between the angle brackets.
fn address(text: &str) -> String {
    let address = text.split_once('<').and_then(|(_, rest)| rest.rsplit_once('>'));
    address.map_or("", |(address, _)| address).to_owned()
}
