//! Charts, drawn as SVG by the server. The style sheet colours them, so they follow the theme. Every number is also in
//! a table and in a CSV file.
//!
//! - [`OverTime`]: numbers by day, week or month, as lines or columns. `shares`: parts of a whole, as bars.
//! - [`Chart`]: the result of either, for the macros in `charts.html`.
//! - `ticks`, `numbers`, [`dates`], `percent`: the numbers and days on the axes, and their positions.
//! - [`Csv`]: rows that spreadsheets do not evaluate.
//!
//! Chart crates write one theme's colours and fonts into each drawing, so none is used.

mod csv;
pub(crate) mod dates;
mod numbers;
mod over_time;
mod percent;
mod shares;
mod ticks;

pub(crate) use csv::Csv;
pub(crate) use numbers::percent;
pub(crate) use over_time::{OverTime, Series, Style};
pub(crate) use percent::Percent;
pub(crate) use shares::{Share, shares};

/// A chart for a template.
pub(crate) struct Chart {
    /// The name in URLs and element ids.
    pub(crate) id: &'static str,
    pub(crate) title: String,
    /// A text alternative to the drawing.
    pub(crate) description: String,
    pub(crate) drawing: Drawing,
    /// The name of each series, with its sum if the sum is meaningful.
    pub(crate) legend: Vec<(String, Option<u64>)>,
    pub(crate) table: Table,
}

/// The drawing of a chart.
pub(crate) enum Drawing {
    Plot(over_time::Plot),
    Bars(Vec<shares::Bar>),
}

/// The numbers of a chart as rows.
pub(crate) struct Table {
    pub(crate) headings: Vec<String>,
    pub(crate) rows: Vec<Row>,
    /// The column names in CSV files.
    keys: Vec<&'static str>,
}

/// A row: its name and its numbers.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) values: Vec<u64>,
    /// The name in CSV files.
    key: String,
}

impl Chart {
    /// Returns the numbers as CSV. The header row is the same in every language.
    pub(crate) fn csv(&self) -> Csv {
        let mut csv = Csv::default();
        csv.row(self.table.keys.iter());
        for row in &self.table.rows {
            let values = row.values.iter().map(u64::to_string);
            csv.row(std::iter::once(row.key.clone()).chain(values));
        }
        csv
    }
}
