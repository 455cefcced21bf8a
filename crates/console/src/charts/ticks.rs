/// Most steps of an axis.
const MOST: u64 = 5;

/// The numbers that stand at an axis on which `highest` has room: from 0 on in equal, round steps. Counts are whole, so
/// the steps are.
pub(super) fn ticks(highest: u64) -> Vec<u64> {
    let highest = highest.max(1);
    let step = step(highest);
    (0..=highest.div_ceil(step)).map(|n| n.saturating_mul(step)).collect()
}

/// The smallest of 1, 2, 5, 10, 20, 25, 50, 100, 200, 250 and so on with which there are not too many.
fn step(highest: u64) -> u64 {
    let powers = std::iter::successors(Some(1_u64), |power| power.checked_mul(10));
    let steps = powers.flat_map(|power| {
        let quarter = (power >= 10).then_some(power / 10 * 25);
        [Some(power), power.checked_mul(2), quarter, power.checked_mul(5)]
    });
    steps.flatten().find(|step| highest.div_ceil(*step) <= MOST).unwrap_or(highest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        for (highest, expected) in [
            (0, &[0, 1][..]),
            (1, &[0, 1]),
            (3, &[0, 1, 2, 3]),
            (5, &[0, 1, 2, 3, 4, 5]),
            (6, &[0, 2, 4, 6]),
            (11, &[0, 5, 10, 15]),
            (48, &[0, 10, 20, 30, 40, 50]),
            (97, &[0, 20, 40, 60, 80, 100]),
            (101, &[0, 25, 50, 75, 100, 125]),
            (1_284, &[0, 500, 1_000, 1_500]),
            (10_000_000, &[0, 2_000_000, 4_000_000, 6_000_000, 8_000_000, 10_000_000]),
        ] {
            assert_eq!(ticks(highest), expected, "{highest}");
        }
    }

    #[test]
    fn every_number_has_room() {
        let around_powers = (0..64).flat_map(|bit| [(1_u64 << bit) - 1, 1 << bit, (1 << bit) + 1]);
        for highest in (0..3_000).chain(around_powers).chain([u64::MAX]) {
            let ticks = ticks(highest);
            assert_eq!(ticks[0], 0);
            assert!(ticks.last().is_some_and(|top| *top >= highest), "{highest}");
            assert!((2..=6).contains(&ticks.len()) && ticks.is_sorted_by(|a, b| a < b), "{highest}: {ticks:?}");
        }
    }
}
