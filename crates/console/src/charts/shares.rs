use super::{Chart, Drawing, Percent, Row, Table};
use crate::frame::grouped;
use crate::language::Language;

/// Width of the longest bar, in percent: the number after it needs the rest.
const MAX_BAR_WIDTH: u32 = 62;
/// Height of a bar, in percent of its row.
const THICKNESS: u64 = 42;

/// A part of a whole.
pub(crate) struct Share {
    pub(crate) name: String,
    /// The name in CSV files.
    pub(crate) key: &'static str,
    pub(crate) value: u64,
}

/// A horizontal bar.
pub(crate) struct Bar {
    pub(crate) name: String,
    /// The upper edge, and the middle.
    pub(crate) y: Percent,
    pub(crate) middle: Percent,
    pub(crate) width: Percent,
    pub(crate) height: Percent,
    /// The number, and its percentage of the whole.
    pub(crate) text: String,
}

/// Draws parts of a whole as bars. `headings` are those of the part and of its number.
pub(crate) fn shares(
    language: Language,
    id: &'static str,
    title: String,
    headings: [(String, &'static str); 2],
    shares: Vec<Share>,
) -> Chart {
    let whole = shares.iter().fold(0_u64, |sum, share| sum.saturating_add(share.value));
    let largest = shares.iter().map(|share| share.value).max().unwrap_or(0);
    let rows = u64::try_from(shares.len()).unwrap_or(u64::MAX).max(1);
    let bars: Vec<Bar> = (0..)
        .zip(&shares)
        .map(|(at, share)| Bar {
            name: share.name.clone(),
            y: Percent::of(at * 200 + 100 - THICKNESS, rows * 200),
            middle: Percent::of(at * 2 + 1, rows * 2),
            width: Percent::of(share.value, largest).scaled(MAX_BAR_WIDTH),
            height: Percent::of(THICKNESS, rows * 100),
            text: format!("{} · {}", grouped(share.value), rounded(share.value, whole)),
        })
        .collect();
    let summary = bars.iter().map(|bar| format!("{}: {}", bar.name, bar.text)).collect::<Vec<_>>().join("; ");
    let rows =
        shares.into_iter().map(|share| Row { name: share.name, values: vec![share.value], key: share.key.into() });
    let (headings, keys) = headings.into_iter().unzip();
    Chart {
        id,
        title,
        description: language.text_with("analytics-described-shares", &[("shares", summary.into())]),
        drawing: Drawing::Bars(bars),
        legend: Vec::new(),
        table: Table { headings, rows: rows.collect(), keys },
    }
}

/// Formats a ratio in whole percent. A ratio between zero and one percent is `<1%`.
fn rounded(part: u64, whole: u64) -> String {
    let percent = if whole == 0 { 0 } else { (u128::from(part) * 200 + u128::from(whole)) / (u128::from(whole) * 2) };
    if percent == 0 && part > 0 { "<1%".to_owned() } else { format!("{percent}%") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(values: &[u64]) -> Chart {
        let parts = values.iter().map(|value| Share { name: "Part".into(), key: "part", value: *value }).collect();
        shares(Language::English, "x", "X".into(), [("Part".into(), "part"), ("Users".into(), "users")], parts)
    }

    fn bars(values: &[u64]) -> Vec<(String, String, String)> {
        let Drawing::Bars(bars) = chart(values).drawing else { panic!("not bars") };
        bars.into_iter().map(|bar| (bar.y.to_string(), bar.width.to_string(), bar.text)).collect()
    }

    #[test]
    fn bars_are_proportional_and_show_their_percentages() {
        let expected = [("14.5", "62", "8 · 80%"), ("64.5", "15.5", "2 · 20%")];
        assert_eq!(bars(&[8, 2]), expected.map(|(y, width, text)| (y.into(), width.into(), text.into())));
        assert_eq!(chart(&[8, 2]).csv().into_text(), "part,users\r\npart,8\r\npart,2\r\n");
    }

    #[test]
    fn zero_differs_from_less_than_one_percent() {
        let text = |values: &[u64]| bars(values).into_iter().map(|bar| bar.2).collect::<Vec<_>>();
        assert_eq!(text(&[0, 0]), ["0 · 0%", "0 · 0%"]);
        assert_eq!(text(&[1_000_000, 1]), ["1,000,000 · 100%", "1 · <1%"]);
        assert_eq!(text(&[u64::MAX, u64::MAX])[0], "18,446,744,073,709,551,615 · 100%");
        assert!(bars(&[]).is_empty());
    }
}
