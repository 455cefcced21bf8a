use std::fs;
use std::process::Command;
use std::thread;

/// The date and the machine, for the report.
pub(super) fn day_and_machine() -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let processor = after_colon("/proc/cpuinfo", "model name").unwrap_or_else(|| "an unknown processor".into());
    let memory = after_colon("/proc/meminfo", "MemTotal")
        .and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok())
        .map_or_else(String::new, |kilobytes| format!(", {:.0} GB", kilobytes * 1024.0 / 1e9));
    format!("{}, {cores} cores of {processor}{memory}", day())
}

fn day() -> String {
    let date = Command::new("date").args(["-u", "+%Y-%m-%d"]).output();
    date.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

fn after_colon(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    Some(text.lines().find(|line| line.starts_with(name))?.split_once(':')?.1.trim().to_owned())
}
