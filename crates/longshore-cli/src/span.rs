//! Lengths of time and moments as people type them: `30s`, `1h30m`, `2026-03-01T08:00:00Z`.

use std::time::{Duration, SystemTime};

use longshore_core::Timestamp;
use serde::{Deserialize, Deserializer, de};

const UNITS: [(&str, f64); 6] =
    [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0), ("d", 86_400.0), ("w", 604_800.0)];

/// Reads a length of time: numbers, each with a unit (`ms s m h d w`).
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || {
        format!(
            "`{text}` is not a length of time: write for instance 500ms, 30s, 5m, 2h, 1h30m or 7d"
        )
    };
    let mut rest = text.trim();
    let mut seconds = 0.0;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let number: f64 = number.parse().map_err(|_| wrong())?;
        let (_, size) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
        seconds += number * size;
        rest = tail;
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}

/// Reads a moment in RFC 3339 form.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| {
        format!("`{text}` is not a moment: write it as 2026-03-01T08:00:00Z or with an offset like +01:00")
    })
}

/// Reads a moment, or a length of time that is then meant as so long ago.
pub(crate) fn moment_or_ago(text: &str) -> Result<Timestamp, String> {
    match duration(text) {
        Ok(ago) => SystemTime::now()
            .checked_sub(ago)
            .map(Timestamp::from)
            .ok_or_else(|| format!("`{text}` ago lies before the beginning of time")),
        Err(_) => moment(text).map_err(|wrong| format!("{wrong}, or a length of time such as 2h")),
    }
}

/// For settings: `lease = "30s"`.
pub(crate) fn in_settings<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(from)?;
    duration(&text).map(Some).map_err(de::Error::custom)
}

/// A length of time for people: `12.3 s`, `4.0 min`.
pub(crate) fn readable(time: Duration) -> String {
    match time.as_secs_f64() {
        s if s < 0.001 => format!("{:.0} µs", s * 1e6),
        s if s < 1.0 => format!("{:.1} ms", s * 1e3),
        s if s < 120.0 => format!("{s:.1} s"),
        s if s < 7200.0 => format!("{:.1} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

/// How long ago a moment was, by this machine's clock.
pub(crate) fn since(moment: Timestamp) -> Duration {
    (Timestamp::from(SystemTime::now()) - moment).to_std().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_read_as_written() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("1h30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("1.5d"), Ok(Duration::from_secs(129_600)));
        for wrong in ["", "30", "s", "-5s", "5 s", "5y", "1e400s", "..s", "99999999999999999999w"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn moments_need_an_offset() {
        assert!(moment("2026-03-01T08:00:00Z").is_ok());
        assert!(moment("2026-03-01T08:00:00+01:00").is_ok());
        assert!(moment("2026-03-01").is_err());
    }
}
