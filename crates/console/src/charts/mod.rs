//! Charts, drawn as SVG by the server: the style sheet colours them, so that they follow the theme, and every number in
//! them can also be read as a table and be taken along as CSV.
//!
//! - [`OverTime`]: numbers by day, week or month, as lines or columns. `shares`: parts of a whole, as bars.
//! - [`Chart`]: what comes of either, for the macros in `charts.html`.
//! - `ticks`, `numbers`, [`dates`], `percent`: which numbers and days stand at the axes, and where.
//! - [`Csv`]: rows that a spreadsheet opens without running anything.
//!
//! The crates that draw charts fix one theme per drawing and write colours and fonts into it, so none is used.

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

/// A chart that is ready to be shown.
pub(crate) struct Chart {
    /// Its name in addresses and in the ids of elements.
    pub(crate) id: &'static str,
    pub(crate) title: String,
    /// What it shows, for those who do not see it.
    pub(crate) description: String,
    pub(crate) drawing: Drawing,
    /// The name of each series, with its sum where that means something.
    pub(crate) legend: Vec<(String, Option<u64>)>,
    pub(crate) table: Table,
}

/// What is drawn.
pub(crate) enum Drawing {
    Plot(over_time::Plot),
    Bars(Vec<shares::Bar>),
}

/// The same numbers in rows.
pub(crate) struct Table {
    pub(crate) headings: Vec<String>,
    pub(crate) rows: Vec<Row>,
    /// The names of its columns for programs.
    keys: Vec<&'static str>,
}

/// A row: what it is called, and its numbers.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) values: Vec<u64>,
    /// Its name for programs.
    key: String,
}

impl Chart {
    /// Its numbers, with a row of headings that are the same in every language.
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
