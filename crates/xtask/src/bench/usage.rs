//! What processes use, from `/proc` (proc(5)).

use std::fs;
use std::process::Command;
use std::sync::OnceLock;

/// CPU seconds that these processes have used so far, in user mode and in the kernel.
pub(super) fn cpu_seconds(processes: &[u32]) -> f64 {
    processes.iter().filter_map(|process| ticks(*process)).map(|ticks| seconds(ticks.own)).sum()
}

/// CPU seconds of a server and of all processes that it ever started, those that ended among them.
pub(super) fn family_cpu_seconds(parent: u32) -> f64 {
    let ended = ticks(parent).map_or(0.0, |ticks| seconds(ticks.ended_children));
    ended + cpu_seconds(&[vec![parent], descendants(parent)].concat())
}

/// The most memory that each of these processes held at once since [`forget_peaks`], added up, in MB.
pub(super) fn peak_memory(processes: &[u32]) -> f64 {
    memory(processes, "VmHWM:")
}

/// Memory that these processes hold now, in MB.
pub(super) fn memory_now(processes: &[u32]) -> f64 {
    memory(processes, "VmRSS:")
}

/// Lets [`peak_memory`] begin anew; where the kernel does not permit it, peaks are those since the start.
pub(super) fn forget_peaks(processes: &[u32]) {
    for process in processes {
        let _ = fs::write(format!("/proc/{process}/clear_refs"), "5");
    }
}

/// The processes that `parent` started, and those that they did.
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
    // The program's name stands in parentheses and may hold anything; the third field follows it.
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
            let said = Command::new("getconf").arg("CLK_TCK").output();
            said.ok().and_then(|said| number(String::from_utf8_lossy(&said.stdout).trim())).unwrap_or(100.0)
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
    fn a_process_is_seen_to_use_memory_and_to_descend_from_its_parent() {
        let this = std::process::id();
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        assert!(memory_now(&[this]) > 0.1);
        assert!(peak_memory(&[this]) >= memory_now(&[this]));
        assert!(descendants(this).contains(&child.id()));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!descendants(this).contains(&child.id()));
    }
}
