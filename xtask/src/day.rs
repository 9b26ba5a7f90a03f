//! The day, as people write it into records.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};

/// The day, as `2026-01-31`, in UTC.
pub(crate) fn date(at: SystemTime) -> Result<String> {
    let days = at.duration_since(UNIX_EPOCH).context("a time before 1970")?.as_secs() / 86_400;
    // Years that begin in March end with the leap day: then months have a simple rhythm.
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    Ok(format!("{year:04}-{month:02}-{day:02}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn days_have_their_dates() {
        let day = |number: u64| date(UNIX_EPOCH + Duration::from_secs(number * 86_400)).unwrap();
        assert_eq!([0, 58, 59].map(day), ["1970-01-01", "1970-02-28", "1970-03-01"]);
        assert_eq!([11_016, 11_017].map(day), ["2000-02-29", "2000-03-01"]);
        assert_eq!([20_453, 20_454].map(day), ["2025-12-31", "2026-01-01"]);
    }
}
