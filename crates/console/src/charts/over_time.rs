use std::fmt::Write as _;

use chrono::NaiveDate;
use steward_domain::Interval;

use super::{Chart, Drawing, Percent, Row, Table, dates, numbers, ticks};
use crate::frame::grouped;
use crate::language::Language;

/// With more buckets than this each place is too narrow to be pointed at.
const MOST_PLACES: usize = 200;
/// How much of its place a column takes, in percent.
const COLUMN: u64 = 62;
/// Names at an axis that begin or end nearer to its ends than this, in percent, are set flush with them.
const EDGE: u64 = 5;

/// Numbers by day, week or month, to be drawn.
pub(crate) struct OverTime {
    pub(crate) id: &'static str,
    pub(crate) title: String,
    pub(crate) style: Style,
    pub(crate) interval: Interval,
    /// The first day of each bucket, in order.
    pub(crate) buckets: Vec<NaiveDate>,
    /// Whether the last of them is not over yet.
    pub(crate) is_unfinished: bool,
    /// Three at the most: there are as many colours.
    pub(crate) series: Vec<Series>,
}

/// Numbers of one kind, one for each bucket.
pub(crate) struct Series {
    pub(crate) name: String,
    /// Its name for programs.
    pub(crate) key: &'static str,
    pub(crate) values: Vec<u64>,
    /// Whether its sum means something: whoever is counted in two buckets is one person.
    pub(crate) adds_up: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Lines,
    /// One series alone.
    Columns,
}

/// What is drawn, in percent of the plot.
pub(crate) struct Plot {
    /// Numbers at the left: how far down, and in words.
    pub(crate) ticks: Vec<(Percent, String)>,
    /// Days below.
    pub(crate) marks: Vec<Mark>,
    /// A curve per series; with one bucket there is none to draw.
    pub(crate) curves: Vec<Curve>,
    /// Where each curve ends.
    pub(crate) dots: Vec<(Percent, Percent)>,
    pub(crate) columns: Vec<Column>,
    /// The place of each bucket, with what it tells when one points at it; none where they are very many.
    pub(crate) places: Vec<Place>,
    pub(crate) is_empty: bool,
}

pub(crate) struct Mark {
    pub(crate) x: Percent,
    pub(crate) text: String,
    /// How it is set, and whether it is left out on a phone.
    pub(crate) class: &'static str,
}

/// A series as the two paths of SVG.
pub(crate) struct Curve {
    pub(crate) line: String,
    /// What is below; for the first series alone.
    pub(crate) area: Option<String>,
}

pub(crate) struct Column {
    pub(crate) x: Percent,
    pub(crate) y: Percent,
    pub(crate) width: Percent,
    pub(crate) height: Percent,
}

pub(crate) struct Place {
    pub(crate) x: Percent,
    pub(crate) width: Percent,
    pub(crate) text: String,
}

impl OverTime {
    pub(crate) fn chart(self, language: Language) -> Chart {
        let mut names: Vec<String> =
            self.buckets.iter().map(|first| dates::full(language, self.interval, *first)).collect();
        if let Some(last) = names.last_mut().filter(|_| self.is_unfinished) {
            *last = language.text_with("analytics-so-far", &[("when", (&*last).into())]);
        }
        let plot = self.plot(language, &names);
        let description = self.describe(language, &names);
        let rows = (0..).zip(&self.buckets).zip(&names);
        let rows = rows.map(|((at, first), name)| Row {
            name: name.clone(),
            values: self.series.iter().map(|series| value(series, at)).collect(),
            key: first.to_string(),
        });
        let heading = language.text(&format!("analytics-interval-{}", self.interval.as_str()));
        let headings = std::iter::once(heading).chain(self.series.iter().map(|series| series.name.clone()));
        let keys = std::iter::once("date").chain(self.series.iter().map(|series| series.key));
        let table = Table { headings: headings.collect(), rows: rows.collect(), keys: keys.collect() };
        let legend = self.series.iter().map(|series| (series.name.clone(), series.adds_up.then(|| sum(series))));
        let legend = legend.collect();
        Chart { id: self.id, title: self.title, description, drawing: Drawing::Plot(plot), legend, table }
    }

    fn plot(&self, language: Language, names: &[String]) -> Plot {
        let highest = self.series.iter().flat_map(|series| &series.values).copied().max().unwrap_or(0);
        let ticks = ticks::ticks(highest);
        let top = ticks.last().copied().unwrap_or(1);
        let count = self.buckets.len();
        let down = |value: u64| Percent::of(value, top).rest();
        let lines = self.style == Style::Lines;
        Plot {
            ticks: ticks.iter().map(|tick| (down(*tick), numbers::short(language, *tick))).collect(),
            marks: self.marks(language),
            curves: if lines && count > 1 { self.curves(&down) } else { Vec::new() },
            dots: if lines { self.dots(&down) } else { Vec::new() },
            columns: if lines { Vec::new() } else { self.columns(top) },
            places: (0..)
                .zip(names)
                .take_while(|_| count <= MOST_PLACES)
                .map(|(at, name)| self.place(at, name))
                .collect(),
            is_empty: highest == 0,
        }
    }

    /// The middle of the bucket: lines reach from edge to edge, columns stand side by side.
    fn middle(&self, at: usize) -> Percent {
        match (self.style, self.buckets.len()) {
            (Style::Lines, 2..) => part(at, self.buckets.len() - 1),
            _ => part(2 * at + 1, 2 * self.buckets.len()),
        }
    }

    fn marks(&self, language: Language) -> Vec<Mark> {
        let named = dates::named(self.buckets.len());
        let mark = |(at, spare)| {
            let middle = self.middle(at);
            let (x, class) = match (middle, spare) {
                _ if self.buckets.len() == 1 => (middle, ""),
                _ if middle <= Percent::of(EDGE, 100) => {
                    (Percent::default(), if spare { " first hide-phone" } else { " first" })
                }
                _ if middle >= Percent::of(EDGE, 100).rest() => (Percent::WHOLE, " last"),
                (_, true) => (middle, " hide-phone"),
                _ => (middle, ""),
            };
            Mark { x, text: dates::short(language, self.interval, self.buckets[at]), class }
        };
        named.map(mark).collect()
    }

    fn curves(&self, down: &impl Fn(u64) -> Percent) -> Vec<Curve> {
        let curve = |(number, series): (usize, &Series)| {
            let mut line = String::new();
            for at in 0..self.buckets.len() {
                let command = if at == 0 { 'M' } else { 'L' };
                // Writing into a string cannot fail.
                let _ = write!(line, "{command}{} {}", self.middle(at), down(value(series, at)));
            }
            let area = (number == 0).then(|| format!("{line}L100 100L0 100Z"));
            Curve { line, area }
        };
        self.series.iter().enumerate().map(curve).collect()
    }

    fn dots(&self, down: &impl Fn(u64) -> Percent) -> Vec<(Percent, Percent)> {
        let Some(last) = self.buckets.len().checked_sub(1) else { return Vec::new() };
        self.series.iter().map(|series| (self.middle(last), down(value(series, last)))).collect()
    }

    fn columns(&self, top: u64) -> Vec<Column> {
        let count = self.buckets.len() as u64;
        let Some(series) = self.series.first() else { return Vec::new() };
        let columns = (0..count).zip(&series.values).filter(|(_, value)| **value > 0);
        let column = |(at, value): (u64, &u64)| {
            let height = Percent::of(*value, top);
            let x = Percent::of(at * 200 + 100 - COLUMN, count * 200);
            Column { x, y: height.rest(), width: Percent::of(COLUMN, count * 100), height }
        };
        columns.map(column).collect()
    }

    fn place(&self, at: usize, name: &str) -> Place {
        let count = self.buckets.len();
        let numbers = self.series.iter().map(|series| format!("{}: {}", series.name, grouped(value(series, at))));
        let text = format!("{name}\n{}", numbers.collect::<Vec<_>>().join("\n"));
        // Around a point of a line, but for what would lie outside.
        let edges = match (self.style, count) {
            (Style::Lines, 2..) => {
                [(2 * at).saturating_sub(1), (2 * at + 1).min(2 * (count - 1))].map(|n| (n, 2 * (count - 1)))
            }
            _ => [at, at + 1].map(|n| (n, count)),
        };
        let [(begin, whole), (end, _)] = edges;
        Place { x: part(begin, whole), width: part(end - begin, whole), text }
    }

    /// What the drawing says at a glance.
    fn describe(&self, language: Language, names: &[String]) -> String {
        let (Some(from), Some(to)) = (names.first(), names.last()) else { return language.text("analytics-no-data") };
        let series = self.series.iter().map(|series| {
            let highest = (0..names.len()).rev().max_by_key(|at| value(series, *at)).unwrap_or(0);
            let values = [
                ("name", (&series.name).into()),
                ("highest", grouped(value(series, highest)).into()),
                ("when", (&names[highest]).into()),
            ];
            language.text_with("analytics-described-series", &values)
        });
        let series = series.collect::<Vec<_>>().join(" ");
        let values = [("from", from.into()), ("to", to.into()), ("series", series.into())];
        language.text_with("analytics-described", &values)
    }
}

fn value(series: &Series, at: usize) -> u64 {
    series.values.get(at).copied().unwrap_or(0)
}

fn sum(series: &Series) -> u64 {
    series.values.iter().fold(0, |sum, value| sum.saturating_add(*value))
}

fn part(part: usize, whole: usize) -> Percent {
    Percent::of(part as u64, whole as u64)
}

#[cfg(test)]
mod tests;
