//! Resource usage of processes, from `/proc` (proc(5)).

use std::fs;
use std::process::Command;
use std::sync::OnceLock;

/// CPU seconds of these processes so far, in user mode and in the kernel.
pub(super) fn cpu_seconds(processes: &[u32]) -> f64 {
    processes.iter().filter_map(|process| ticks(*process)).map(|ticks| seconds(ticks.own)).sum()
}

/// CPU seconds of a server and all its descendants, including those that have ended.
pub(super) fn family_cpu_seconds(parent: u32) -> f64 {
    let ended = ticks(parent).map_or(0.0, |ticks| seconds(ticks.ended_children));
    ended + cpu_seconds(&[vec![parent], descendants(parent)].concat())
}

/// Sum of the peak memory of these processes since [`forget_peaks`], in MB.
pub(super) fn peak_memory(processes: &[u32]) -> f64 {
    memory(processes, "VmHWM:")
}

/// Current memory of these processes, in MB.
pub(super) fn memory_now(processes: &[u32]) -> f64 {
    memory(processes, "VmRSS:")
}

/// Resets [`peak_memory`]. If the kernel does not permit it, peaks count from the start of the process.
pub(super) fn forget_peaks(processes: &[u32]) {
    for process in processes {
        let _ = fs::write(format!("/proc/{process}/clear_refs"), "5");
    }
}

/// The descendants of `parent`.
pub(super) fn descendants(parent: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let children = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|process| ticks(*process).is_some_and(|ticks| ticks.parent == parent));
    children.flat_map(|child| [vec![child], descendants(child)].concat()).collect()
}

struct Ticks {
    parent: u32,
    own: f64,
    ended_children: f64,
}

fn ticks(process: u32) -> Option<Ticks> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The program's name is in parentheses and may contain any character; the third field follows it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let sum = |first: usize, second: usize| Some(number(fields.get(first)?)? + number(fields.get(second)?)?);
    Some(Ticks { parent: fields.get(1)?.parse().ok()?, own: sum(11, 12)?, ended_children: sum(13, 14)? })
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

fn seconds(ticks: f64) -> f64 {
    static PER_SECOND: OnceLock<f64> = OnceLock::new();
    ticks
        / PER_SECOND.get_or_init(|| {
            let output = Command::new("getconf").arg("CLK_TCK").output();
            output.ok().and_then(|output| number(String::from_utf8_lossy(&output.stdout).trim())).unwrap_or(100.0)
        })
}

fn memory(processes: &[u32], field: &str) -> f64 {
    let kilobytes = |process: &u32| {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        number(status.lines().find_map(|line| line.strip_prefix(field))?.split_whitespace().next()?)
    };
    processes.iter().filter_map(kilobytes).sum::<f64>() * 1024.0 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_descendants_of_a_process_are_read() {
        let this = std::process::id();
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        // Read before the peak, because other tests of the process allocate at the same time.
        let now = memory_now(&[this]);
        assert!(now > 0.1);
        assert!(peak_memory(&[this]) >= now);
        assert!(descendants(this).contains(&child.id()));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!descendants(this).contains(&child.id()));
    }
}
