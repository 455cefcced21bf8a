use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use super::ServerError;
use super::guard::{Guard, signal};

/// How long a server may take to start or to end.
const PATIENCE: Duration = Duration::from_mins(1);

/// Number of log lines that are kept, to be reported if the server does not start.
const LINES: usize = 40;

/// A server's process, which is ready once it has logged a certain line.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    // A mutex makes the type `Sync`, so that servers can be shared.
    log: Mutex<Receiver<Log>>,
    paused: Vec<u32>,
}

#[derive(Debug)]
enum Log {
    Ready,
    /// The server and all its children have ended: no process holds the pipe open.
    Ended(Vec<String>),
}

impl Process {
    /// Starts `command`, and returns when it has logged a line that contains `ready`.
    pub(super) fn start(mut command: Command, ready: &'static str, guard: &mut Guard) -> Result<Self, ServerError> {
        let program = format!("{}", command.get_program().display());
        let (reader, writer) = std::io::pipe()?;
        command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer).process_group(0);
        let child = command.spawn()?;
        // The command holds our end of the pipe, which would keep the pipe open.
        drop(command);
        guard.watch(&[child.id()])?;
        let (sender, log) = mpsc::channel();
        thread::spawn(move || follow(reader, ready, &sender));
        let mut process = Self { child, log: Mutex::new(log), paused: Vec::new() };
        match process.next() {
            Ok(Log::Ready) => Ok(process),
            Ok(Log::Ended(lines)) => {
                process.child.wait()?;
                guard.watch(&[])?;
                Err(ServerError::Failed { program, message: lines.join("\n") })
            }
            Err(_) => {
                process.end("KILL", guard)?;
                Err(ServerError::Failed { program, message: format!("not ready after {PATIENCE:?}") })
            }
        }
    }

    /// Sends a signal, and returns when the server and all its children have ended.
    pub(super) fn end(&mut self, how: &str, guard: &mut Guard) -> Result<(), ServerError> {
        if self.child.try_wait()?.is_none() {
            self.resume(guard)?;
            signal(how, &[self.child.id()])?;
            self.child.wait()?;
        }
        guard.watch(&[])?;
        loop {
            match self.next() {
                Ok(Log::Ready) => {}
                Ok(Log::Ended(_)) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) => {
                    return Err(ServerError::Failed { program: "the server".into(), message: "did not end".into() });
                }
            }
        }
    }

    /// Suspends the server and its children; connections stay open, but get no response.
    pub(super) fn pause(&mut self, guard: &mut Guard) -> Result<(), ServerError> {
        let main = self.child.id();
        signal("STOP", &[main])?;
        self.paused = vec![main];
        // A child that has ended in the meantime does not matter: a suspended server starts no other.
        let children = children_of(main)?;
        self.paused.extend(&children);
        guard.watch(&self.paused)?;
        for child in children {
            let _ = signal("STOP", &[child]);
        }
        Ok(())
    }

    /// Resumes a suspended server.
    pub(super) fn resume(&mut self, guard: &mut Guard) -> Result<(), ServerError> {
        for pid in self.paused.drain(..) {
            let _ = signal("CONT", &[pid]);
        }
        Ok(guard.watch(&[self.child.id()])?)
    }

    fn next(&mut self) -> Result<Log, RecvTimeoutError> {
        self.log.get_mut().map_err(|_| RecvTimeoutError::Disconnected)?.recv_timeout(PATIENCE)
    }

    /// The server's process id.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }
}

fn follow(reader: impl Read, ready: &str, sender: &Sender<Log>) {
    let mut last = VecDeque::new();
    for line in BufReader::new(reader).lines().map_while(Result::ok) {
        if line.contains(ready) {
            let _ = sender.send(Log::Ready);
        }
        if last.len() == LINES {
            last.pop_front();
        }
        last.push_back(line);
    }
    let _ = sender.send(Log::Ended(last.into()));
}

/// The running child processes of `parent`.
fn children_of(parent: u32) -> Result<Vec<u32>, ServerError> {
    if !fs::exists("/proc/self/stat")? {
        let output = Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output()?;
        let listed = String::from_utf8_lossy(&output.stdout).into_owned();
        return Ok(listed
            .lines()
            .filter_map(|line| {
                let mut numbers = line.split_whitespace().map(str::parse::<u32>);
                let pid = numbers.next()?.ok()?;
                (numbers.next()?.ok()? == parent).then_some(pid)
            })
            .collect());
    }
    let parent_of = |pid: u32| -> Option<u32> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The program's name is in parentheses and may contain any character; state and parent follow.
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
    };
    Ok(fs::read_dir("/proc")?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| parent_of(*pid) == Some(parent))
        .collect())
}
