use super::BenchError;
use super::arguments::Arguments;
use super::calls::Call;
use super::console::PageCost;
use super::machine;
use super::measure::Measured;
use super::steward::{Shape, Steward};

/// Collects the measurements, and formats them as Markdown that is readable in a terminal, too.
#[derive(Debug)]
pub(super) struct Report {
    title: String,
    one: Table,
    split: Table,
    alone: Table,
    console: Table,
    peer: Table,
    facts: Vec<String>,
    logins: Option<f64>,
}

impl Report {
    pub(super) fn new(arguments: &Arguments) -> Self {
        let numbers =
            ["req/s", "p50 ms", "p99 ms", "CPU ms", "PostgreSQL CPU ms", "peak MB", "errors %"].map(str::to_owned);
        Self {
            title: format!(
                "{}; load generator and PostgreSQL on the same machine; {} users, {} audit entries, {} clients; \
                 the median of {} rounds of {} s",
                machine::day_and_machine(),
                arguments.users(),
                arguments.audit_entries(),
                arguments.clients(),
                arguments.rounds(),
                arguments.seconds(),
            ),
            one: Table::new("One process", &numbers),
            split: Table::new("Split: gateway, auth and admin in a process each", &with(&numbers, "of one process")),
            alone: Table::new("One client", &["one process p50 ms", "split p50 ms", "added ms"].map(str::to_owned)),
            console: Table::new(
                "The console's pages, one client",
                &["p50 ms", "p99 ms", "HTML kB", "with assets kB"].map(str::to_owned),
            ),
            peer: Table::new("Peer", &with(&numbers, "one process against it")),
            facts: Vec::new(),
            logins: None,
        }
    }

    /// Adds the start times of the servers.
    pub(super) fn starts(&mut self, servers: [&Steward; 2]) {
        for server in servers {
            let shape = match server.shape {
                Shape::OneProcess => "One process",
                Shape::Split => "Split, all three",
            };
            let ready = server.ready.as_secs_f64() * 1e3;
            self.facts.push(format!("- {shape}: ready after {ready:.0} ms, idle at {:.1} MB.\n", server.idle_memory));
        }
    }

    /// Adds a call: in one process, split, and at the peer.
    pub(super) fn call(&mut self, call: &Call, measured: &[Option<Measured>]) {
        let mut measured = measured.iter().map(Option::as_ref);
        let Some(one) = measured.next().flatten() else { return };
        if call.is_login() {
            self.logins = Some(one.per_second);
        }
        self.one.row(call.name, cells(one));
        if let Some(split) = measured.next().flatten() {
            self.split
                .row(call.name, with(&cells(split), &format!("{:.0} %", 100.0 * split.per_second / one.per_second)));
        }
        if let Some(peer) = measured.next().flatten() {
            self.peer.row(call.name, with(&cells(peer), &format!("{:.1} ×", one.per_second / peer.per_second)));
        }
    }

    /// Adds a call with one client.
    pub(super) fn one_client(&mut self, call: &Call, measured: &[Option<Measured>]) {
        if let [Some(one), Some(split)] = measured {
            self.alone.row(call.name, [one.p50, split.p50, split.p50 - one.p50].map(|ms| format!("{ms:.2}")).into());
        }
    }

    /// Adds the console's pages.
    pub(super) fn console(&mut self, pages: &[PageCost]) {
        for page in pages {
            let cells = [page.p50, page.p99, page.html, page.whole].map(|number| format!("{number:.1}"));
            self.console.row(page.page, cells.into());
        }
    }

    /// Adds the throughput of the hash function.
    pub(super) fn hashing(&mut self, alone: f64) {
        let share = self
            .logins
            .map_or_else(String::new, |logins| format!("; sign-ins reach {:.0} % of it", 100.0 * logins / alone));
        self.facts.push(format!("- bcrypt at cost 12, all cores: {alone:.1} verifications/s{share}.\n"));
    }

    /// Prints the report, and writes it to the given file.
    pub(super) fn finish(self, arguments: &Arguments) -> Result<(), BenchError> {
        let tables = [self.one, self.split, self.alone, self.console, self.peer];
        let tables = tables.iter().filter(|table| !table.rows.is_empty()).map(Table::markdown);
        let facts = self.facts.concat();
        let text = [self.title + "\n", facts].into_iter().chain(tables).collect::<Vec<_>>().join("\n");
        publish(&text, arguments)
    }
}

/// Prints a report, and writes it to the given file.
pub(super) fn publish(text: &str, arguments: &Arguments) -> Result<(), BenchError> {
    println!("\n{text}");
    match &arguments.markdown {
        Some(file) => std::fs::write(file, text).map_err(BenchError::io("writing the report")),
        None => Ok(()),
    }
}

fn with(cells: &[String], last: &str) -> Vec<String> {
    cells.iter().cloned().chain([last.to_owned()]).collect()
}

fn cells(measured: &Measured) -> Vec<String> {
    let or_dash = |number: Option<f64>, digits: usize| number.map_or_else(|| "–".into(), |n| format!("{n:.digits$}"));
    vec![
        format!("{:.*}", usize::from(measured.per_second < 100.0), measured.per_second),
        format!("{:.2}", measured.p50),
        format!("{:.2}", measured.p99),
        or_dash(measured.cpu, 3),
        or_dash(measured.postgres_cpu, 3),
        or_dash(measured.peak_memory, 1),
        if measured.errors > 0.0 { format!("{:.1}", measured.errors) } else { "0".into() },
    ]
}

#[derive(Debug)]
struct Table {
    title: &'static str,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn new(title: &'static str, columns: &[String]) -> Self {
        Self { title, header: [&[String::from("call")], columns].concat(), rows: Vec::new() }
    }

    fn row(&mut self, name: &str, cells: Vec<String>) {
        self.rows.push([vec![name.to_owned()], cells].concat());
    }

    fn markdown(&self) -> String {
        let lines = || std::iter::once(&self.header).chain(&self.rows);
        let width = |column: usize| lines().filter_map(|line| line.get(column)).map(|c| c.chars().count()).max();
        let widths: Vec<usize> = (0..self.header.len()).map(|column| width(column).unwrap_or(0)).collect();
        let line = |cells: &[String]| -> String {
            let padded = cells.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| match column {
                0 => format!("| {cell:<width$} "),
                _ => format!("| {cell:>width$} "),
            });
            padded.chain(["|\n".to_owned()]).collect()
        };
        let rule = widths.iter().enumerate().map(|(column, width)| match column {
            0 => format!("|{}", "-".repeat(width + 2)),
            _ => format!("|{}:", "-".repeat(width + 1)),
        });
        let rule: String = rule.chain(["|\n".to_owned()]).collect();
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        format!("**{}**\n\n{}{rule}{rows}", self.title, line(&self.header))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_markdown_with_aligned_columns() {
        let mut table = Table::new("One", &["req/s".to_owned()]);
        table.row("me", vec!["40000".to_owned()]);
        table.row("health", vec!["7".to_owned()]);
        assert_eq!(
            table.markdown(),
            "**One**\n\n| call   | req/s |\n|--------|------:|\n| me     | 40000 |\n| health |     7 |\n"
        );
    }
}
