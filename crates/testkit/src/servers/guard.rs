use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use super::ServerError;

/// Ends a server and removes its folder when its owner ends for any reason. The owner holds one end of a pipe, which
/// the system closes when the owner dies. The parent-death signal is no alternative: it is sent when the *thread* that
/// started the server ends, and it leaves the folder.
#[derive(Debug)]
pub(super) struct Guard {
    child: Child,
    pipe: Option<ChildStdin>,
}

/// Reads process ids, line by line; when the pipe closes, ends the processes of the last line.
const SCRIPT: &str = r#"
trap '' INT HUP TERM QUIT
pids=
while read -r line; do pids=$line; done
if [ -n "$pids" ]; then
    kill -s CONT -- $pids
    kill -s "$1" -- $pids
    tries=0
    while kill -s 0 ${pids%% *} && [ $tries -lt 50 ]; do tries=$((tries + 1)); sleep 0.1; done
    kill -s KILL -- $pids
fi
rm -rf "$2"
"#;

impl Guard {
    /// A guard that sends `signal` to the watched processes at the end, and then removes `folder`.
    pub(super) fn of(folder: &Path, signal: &str) -> io::Result<Self> {
        let mut child = Command::new("sh")
            .args(["-c", SCRIPT, "sh", signal])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let pipe = child.stdin.take();
        Ok(Self { child, pipe })
    }

    /// Watches these processes instead of the previous ones.
    pub(super) fn watch(&mut self, pids: &[u32]) -> io::Result<()> {
        let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
        self.write(&pids.join(" "))
    }

    /// Watches the process group of `leader` instead of the previous processes.
    pub(super) fn watch_group(&mut self, leader: u32) -> io::Result<()> {
        self.write(&format!("{leader} -{leader}"))
    }

    fn write(&mut self, line: &str) -> io::Result<()> {
        self.pipe.as_mut().map_or(Ok(()), |pipe| writeln!(pipe, "{line}"))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.pipe.take());
        let _ = self.child.wait();
    }
}

/// Sends a signal to processes that this process started.
pub(super) fn signal(signal: &str, pids: &[u32]) -> Result<(), ServerError> {
    let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
    let output = Command::new("sh").args(["-c", r#"kill -s "$0" "$@""#, signal]).args(&pids).output()?;
    if output.status.success() {
        return Ok(());
    }
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(ServerError::Failed { program: format!("kill -s {signal}"), message })
}
