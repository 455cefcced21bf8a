use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longer than any operation takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// The services behind the gateway. Each follows the ones that it calls.
pub(crate) const BEHIND_GATEWAY: [&str; 3] = ["auth", "admin", WORKER];

/// The service that no other service calls, so that it has no URL.
pub(crate) const WORKER: &str = "worker";

/// A command line of the binary. Its environment contains only the given variables. The console gets a port from the
/// system, because many processes run concurrently.
#[derive(Clone)]
pub(crate) struct Launch {
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
    folder: PathBuf,
    program: Vec<String>,
}

impl Launch {
    /// `steward ARGUMENTS…`, started in `folder`.
    pub(crate) fn new(folder: &Path, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let variables = vec![("STEWARD_CONSOLE_ADDR".to_owned(), "127.0.0.1:0".to_owned())];
        let program = vec![env!("CARGO_BIN_EXE_steward").to_owned()];
        Self { arguments, variables, folder: folder.to_owned(), program }
    }

    /// Without root's right to override file permissions.
    pub(crate) fn without_override(mut self) -> Self {
        if self.folder.metadata().unwrap().uid() == 0 {
            let dropping = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"];
            self.program.splice(0..0, dropping.map(str::to_owned));
        }
        self
    }

    /// With this variable.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// With these variables.
    pub(crate) fn with_all(mut self, variables: &[(&str, &str)]) -> Self {
        self.variables.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self
    }

    /// With a port assigned by the system for every service.
    pub(crate) fn at_any_ports(self) -> Self {
        let any = "127.0.0.1:0";
        let launch = self.with("STEWARD_API_ADDR", any);
        BEHIND_GATEWAY
            .iter()
            .fold(launch, |launch, service| launch.with(&format!("STEWARD_{}_ADDR", service.to_uppercase()), any))
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program[0]);
        command
            .args(&self.program[1..])
            .args(&self.arguments)
            .current_dir(&self.folder)
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Starts it without waiting for its end.
    pub(crate) fn start(&self) -> Process {
        let launch = self.clone().with("STEWARD_LOG_FORMAT", "json");
        let mut child = launch.command().spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        for pipe in [pipe(child.stdout.take()), pipe(child.stderr.take())] {
            let sender = sender.clone();
            thread::spawn(move || {
                BufReader::new(pipe).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
            });
        }
        Process { child, lines, seen: Vec::new() }
    }

    /// Runs it to its end.
    pub(crate) fn finish(&self) -> Finished {
        self.finish_with("")
    }

    /// Runs it to its end with a closed standard output, like `head`, or a closed standard error.
    pub(crate) fn finish_unread(&self, stream: Unread) -> Finished {
        let mut child = self.command().spawn().unwrap();
        match stream {
            Unread::Output => drop(child.stdout.take()),
            Unread::Error => drop(child.stderr.take()),
        }
        Finished::of(child.wait_with_output().unwrap())
    }

    /// Runs it to its end with this standard input.
    pub(crate) fn finish_with(&self, input: &str) -> Finished {
        let mut child = self.command().spawn().unwrap();
        // The process may end without reading its input.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Finished::of(child.wait_with_output().unwrap())
    }
}

/// The output stream that is closed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unread {
    Output,
    Error,
}

fn pipe(pipe: Option<impl Read + Send + 'static>) -> Box<dyn Read + Send> {
    Box::new(pipe.unwrap())
}

/// The outcome of a command.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Returns this outcome, which must be a success.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self
    }
}

/// A running process. It is killed when dropped.
pub(crate) struct Process {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Process {
    /// Waits until `service` listens, and returns its address.
    pub(crate) fn address_of(&mut self, service: &str) -> String {
        self.wait_for(&format!("{service} listens"), |line| {
            let line: Value = serde_json::from_str(line).ok()?;
            let is_it = line["message"] == "listening" && line["service"] == service;
            is_it.then(|| line["address"].as_str().map(str::to_owned))?
        })
    }

    /// Waits for a line of the output.
    #[track_caller]
    pub(crate) fn wait_for<T>(&mut self, what: &str, is_it: impl Fn(&str) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    let found = is_it(&line);
                    self.seen.push(line);
                    if let Some(found) = found {
                        return found;
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("timed out: {what}\n{}", self.seen.join("\n")),
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("the process ended before: {what}\n{}", self.seen.join("\n"))
                }
            }
        }
    }

    /// The output so far.
    pub(crate) fn output(&mut self) -> String {
        self.seen.extend(self.lines.try_iter());
        self.seen.join("\n")
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
    }

    /// Kills the process (`SIGKILL`).
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }

    /// Waits for the end of the process. Returns its status and how long the wait took.
    pub(crate) fn ended(&mut self) -> (ExitStatus, Duration) {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                let took = began.elapsed();
                // The last lines may still be in the pipe.
                self.seen.extend(self.lines.iter());
                return (status, took);
            }
            assert!(began.elapsed() < PATIENCE, "the process does not end\n{}", self.output());
            thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// Whether the process still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if thread::panicking() {
            eprintln!("{}", self.output());
        }
    }
}

/// Polls a condition: another process does not report its changes.
pub(crate) async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !done().await {
        assert!(began.elapsed() < PATIENCE, "timed out: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
