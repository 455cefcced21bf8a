use std::fmt::Write as _;

use chrono::NaiveDate;
use steward_domain::Interval;

use super::{Chart, Drawing, Percent, Row, Table, dates, numbers, ticks};
use crate::frame::grouped;
use crate::language::Language;

/// With more buckets than this, hit areas are too narrow to point at.
const MAX_HIT_AREAS: usize = 200;
/// Width of a column, in percent of its bucket.
const COLUMN_WIDTH: u64 = 62;
/// Labels closer to an end of the axis than this, in percent, are aligned with that end.
const EDGE: u64 = 5;

/// Numbers by day, week or month.
pub(crate) struct OverTime {
    pub(crate) id: &'static str,
    pub(crate) title: String,
    pub(crate) style: Style,
    pub(crate) interval: Interval,
    /// The first day of each bucket, in ascending order.
    pub(crate) buckets: Vec<NaiveDate>,
    /// Whether the last bucket is still in progress.
    pub(crate) is_unfinished: bool,
    /// At most three, since there are three colours.
    pub(crate) series: Vec<Series>,
}

/// Numbers of one kind, one per bucket.
pub(crate) struct Series {
    pub(crate) name: String,
    /// The name in CSV files.
    pub(crate) key: &'static str,
    pub(crate) values: Vec<u64>,
    /// Whether the sum is meaningful. It is not for users, since two buckets may count the same user.
    pub(crate) adds_up: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Lines,
    /// For a single series.
    Columns,
}

/// The elements of the drawing, in percent of the plot.
pub(crate) struct Plot {
    /// The labels of the vertical axis: distance from the top, and text.
    pub(crate) ticks: Vec<(Percent, String)>,
    /// The labels of the horizontal axis.
    pub(crate) labels: Vec<AxisLabel>,
    /// One curve per series. A single bucket has no curve.
    pub(crate) curves: Vec<Curve>,
    /// The end of each curve.
    pub(crate) dots: Vec<(Percent, Percent)>,
    pub(crate) columns: Vec<Column>,
    /// One per bucket, with its tooltip; empty if there are more than [`MAX_HIT_AREAS`] buckets.
    pub(crate) hit_areas: Vec<HitArea>,
    pub(crate) is_empty: bool,
}

pub(crate) struct AxisLabel {
    pub(crate) x: Percent,
    pub(crate) text: String,
    /// The alignment, and whether phones omit the label.
    pub(crate) class: &'static str,
}

/// A series as SVG paths.
pub(crate) struct Curve {
    pub(crate) line: String,
    /// The area under the line, for the first series only.
    pub(crate) area: Option<String>,
}

pub(crate) struct Column {
    pub(crate) x: Percent,
    pub(crate) y: Percent,
    pub(crate) width: Percent,
    pub(crate) height: Percent,
}

pub(crate) struct HitArea {
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
            labels: self.labels(language),
            curves: if lines && count > 1 { self.curves(&down) } else { Vec::new() },
            dots: if lines { self.dots(&down) } else { Vec::new() },
            columns: if lines { Vec::new() } else { self.columns(top) },
            hit_areas: (0..)
                .zip(names)
                .take_while(|_| count <= MAX_HIT_AREAS)
                .map(|(at, name)| self.hit_area(at, name))
                .collect(),
            is_empty: highest == 0,
        }
    }

    /// Returns the middle of a bucket. Lines reach from edge to edge; columns are side by side.
    fn middle(&self, at: usize) -> Percent {
        match (self.style, self.buckets.len()) {
            (Style::Lines, 2..) => part(at, self.buckets.len() - 1),
            _ => part(2 * at + 1, 2 * self.buckets.len()),
        }
    }

    fn labels(&self, language: Language) -> Vec<AxisLabel> {
        let positions = dates::labelled(self.buckets.len());
        let label = |(at, is_optional)| {
            let middle = self.middle(at);
            let (x, class) = match (middle, is_optional) {
                _ if self.buckets.len() == 1 => (middle, ""),
                _ if middle <= Percent::of(EDGE, 100) => {
                    (Percent::default(), if is_optional { " first hide-phone" } else { " first" })
                }
                _ if middle >= Percent::of(EDGE, 100).rest() => (Percent::WHOLE, " last"),
                (_, true) => (middle, " hide-phone"),
                _ => (middle, ""),
            };
            AxisLabel { x, text: dates::short(language, self.interval, self.buckets[at]), class }
        };
        positions.map(label).collect()
    }

    fn curves(&self, down: &impl Fn(u64) -> Percent) -> Vec<Curve> {
        let curve = |(number, series): (usize, &Series)| {
            let mut line = String::new();
            for at in 0..self.buckets.len() {
                let command = if at == 0 { 'M' } else { 'L' };
                // Writing to a `String` cannot fail.
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
            let x = Percent::of(at * 200 + 100 - COLUMN_WIDTH, count * 200);
            Column { x, y: height.rest(), width: Percent::of(COLUMN_WIDTH, count * 100), height }
        };
        columns.map(column).collect()
    }

    fn hit_area(&self, at: usize, name: &str) -> HitArea {
        let count = self.buckets.len();
        let numbers = self.series.iter().map(|series| format!("{}: {}", series.name, grouped(value(series, at))));
        let text = format!("{name}\n{}", numbers.collect::<Vec<_>>().join("\n"));
        // A line's hit area is centred on its point and clipped to the plot.
        let edges = match (self.style, count) {
            (Style::Lines, 2..) => {
                [(2 * at).saturating_sub(1), (2 * at + 1).min(2 * (count - 1))].map(|n| (n, 2 * (count - 1)))
            }
            _ => [at, at + 1].map(|n| (n, count)),
        };
        let [(begin, whole), (end, _)] = edges;
        HitArea { x: part(begin, whole), width: part(end - begin, whole), text }
    }

    /// Summarises the chart in text.
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
