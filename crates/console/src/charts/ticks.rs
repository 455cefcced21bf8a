/// The maximum number of steps on an axis.
const MAX_STEPS: u64 = 5;

/// Returns the ticks of an axis up to at least `highest`: from 0 in equal, round steps. Steps are whole, as counts are.
pub(super) fn ticks(highest: u64) -> Vec<u64> {
    let highest = highest.max(1);
    let step = step(highest);
    (0..=highest.div_ceil(step)).map(|n| n.saturating_mul(step)).collect()
}

/// Returns the smallest of 1, 2, 5, 10, 20, 25, 50, 100, 200, 250 and so on that needs at most [`MAX_STEPS`] steps.
fn step(highest: u64) -> u64 {
    let powers = std::iter::successors(Some(1_u64), |power| power.checked_mul(10));
    let steps = powers.flat_map(|power| {
        let quarter = (power >= 10).then_some(power / 10 * 25);
        [Some(power), power.checked_mul(2), quarter, power.checked_mul(5)]
    });
    steps.flatten().find(|step| highest.div_ceil(*step) <= MAX_STEPS).unwrap_or(highest)
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
    fn ticks_cover_every_number() {
        let around_powers = (0..64).flat_map(|bit| [(1_u64 << bit) - 1, 1 << bit, (1 << bit) + 1]);
        for highest in (0..3_000).chain(around_powers).chain([u64::MAX]) {
            let ticks = ticks(highest);
            assert_eq!(ticks[0], 0);
            assert!(ticks.last().is_some_and(|top| *top >= highest), "{highest}");
            assert!((2..=6).contains(&ticks.len()) && ticks.is_sorted_by(|a, b| a < b), "{highest}: {ticks:?}");
        }
    }
}
