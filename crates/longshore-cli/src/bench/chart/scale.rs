//! Axes that people read at a glance: round steps, short numbers.

/// Steps of an axis at most.
const STEPS: f64 = 5.0;

/// The marks of an axis that begins at zero and has room for this value; the last one is its end.
pub(super) fn marks(most: f64) -> Vec<f64> {
    let most = if most.is_finite() && most > 0.0 { most } else { 1.0 };
    let rough = most / STEPS;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|it| it * power).into_iter().find(|it| *it >= rough);
    let step = step.unwrap_or(10.0 * power);
    let count = (most / step - 1e-9).ceil() as usize;
    (0..=count).map(|number| number as f64 * step).collect()
}

/// A number in a few characters: `850`, `34k`, `1.25M`.
pub(crate) fn short(value: f64) -> String {
    let (value, unit) = match value.abs() {
        size if size >= 999_500.0 => (value / 1e6, "M"),
        size if size >= 9_995.0 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let digits = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{unit}")
}

/// A whole number in groups of three digits.
pub(crate) fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let groups = digits.as_bytes().rchunks(3).rev().filter_map(|it| std::str::from_utf8(it).ok());
    groups.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_round_and_reach_the_largest_value() {
        assert_eq!(marks(34_848.0), [0.0, 10_000.0, 20_000.0, 30_000.0, 40_000.0]);
        assert_eq!(marks(1.0), [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]);
        assert_eq!(marks(5.0), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        for nothing in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(marks(nothing).last(), Some(&1.0));
        }
    }

    #[test]
    fn numbers_are_short() {
        let told = [0.0, 0.2, 2.518, 34.0, 850.4, 9_990.0, 34_848.0, 999_400.0, 1_250_000.0];
        let shown = ["0", "0.2", "2.52", "34", "850", "9990", "34.8k", "999k", "1.25M"];
        assert_eq!(told.map(short), shown);
        assert_eq!([910.7, 34_848.2, 1_000_000.0].map(grouped), ["911", "34,848", "1,000,000"]);
    }
}
