use crate::frame::grouped;
use crate::language::Language;

/// Numbers from here on are shortened: an axis has room for five characters.
const SHORTENED_FROM: u64 = 10_000;

/// Large units by size: English counts in thousands, Korean in ten thousands.
fn units(language: Language) -> &'static [(u64, &'static str)] {
    match language {
        Language::English => &[(1_000_000_000_000, "T"), (1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k")],
        Language::Korean => {
            &[(10_000_000_000_000_000, "경"), (1_000_000_000_000, "조"), (100_000_000, "억"), (10_000, "만")]
        }
    }
}

/// Formats a number for an axis: `1,500`, `12.5k`, `1.25만`.
pub(super) fn short(language: Language, number: u64) -> String {
    let unit = units(language).iter().find(|(size, _)| number >= SHORTENED_FROM && number >= *size);
    let Some((size, name)) = unit else { return grouped(number) };
    format!("{}{}{name}", grouped(number / size), fraction(number % size / (size / 100)))
}

/// Formats hundredths as a decimal fraction: `.25`, `.5`, or an empty text.
pub(super) fn fraction(hundredths: u64) -> String {
    match (hundredths / 10, hundredths % 10) {
        (0, 0) => String::new(),
        (tenths, 0) => format!(".{tenths}"),
        _ => format!(".{hundredths:02}"),
    }
}

/// Formats a ratio in percent, with one decimal below 100 %. A ratio of zero to zero is 0 %.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    let whole = u128::from(whole.max(1));
    let tenths = (u128::from(part) * 1_000 + whole / 2) / whole;
    let percent = grouped(u64::try_from(tenths / 10).unwrap_or(u64::MAX));
    if tenths >= 1_000 || tenths % 10 == 0 { format!("{percent}%") } else { format!("{percent}.{}%", tenths % 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_rounded() {
        for (part, whole, text) in [
            (8, 10, "80%"),
            (1, 3, "33.3%"),
            (0, 0, "0%"),
            (2, 2, "100%"),
            (1, 2_000, "0.1%"),
            (3_333, 100, "3,333%"),
            (4_001, 2_000, "200%"),
            (u64::MAX, u64::MAX, "100%"),
        ] {
            assert_eq!(percent(part, whole), text);
        }
    }

    #[test]
    fn large_numbers_are_shortened_per_language() {
        for (number, english, korean) in [
            (0, "0", "0"),
            (9_999, "9,999", "9,999"),
            (10_000, "10k", "1만"),
            (12_500, "12.5k", "1.25만"),
            (250_000, "250k", "25만"),
            (1_250_000, "1.25M", "125만"),
            (20_000_000, "20M", "2,000만"),
            (3_000_000_000, "3B", "30억"),
            (u64::MAX, "18,446,744.07T", "1,844.67경"),
        ] {
            assert_eq!(short(Language::English, number), english);
            assert_eq!(short(Language::Korean, number), korean);
        }
    }
}
