//! One pass over JSON text for what some engine could not store: depth, NUL, lone surrogates.

use crate::Invalid;

/// Levels of nesting: below what any of our readers and engines refuses. The strictest of them is
/// `serde_json`, which gives up at level 128.
pub(crate) const MAX_DEPTH: usize = 127;

/// Refuses JSON text that is nested too deep, or that holds NUL or a lone surrogate, raw or escaped.
///
/// It does not check that the text is JSON. PostgreSQL's `jsonb` refuses `\u0000`, MariaDB stops at
/// depth 32 to 5000 by version, SQLite at 1000: the same verdict everywhere comes before any SQL.
///
/// # Errors
/// [`Invalid::Depth`], [`Invalid::Nul`], [`Invalid::Surrogate`].
pub fn check_json(text: &str) -> Result<(), Invalid> {
    let bytes = text.as_bytes();
    let (mut depth, mut at, mut in_string) = (0usize, 0usize, false);
    while let Some(plain) = bytes[at..].iter().position(|&byte| MARKS[usize::from(byte)]) {
        at += plain;
        match bytes[at] {
            0 => return Err(Invalid::Nul),
            b'"' => in_string = !in_string,
            b'\\' if in_string => {
                at = bytes.len().min(at + escape(&bytes[at..])?);
                continue;
            }
            b'[' | b'{' if !in_string => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(Invalid::Depth { max: MAX_DEPTH });
                }
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    Ok(())
}

/// The bytes that mean something to [`check_json`]; all others, most of a payload, are passed over.
const MARKS: [bool; 256] = {
    let mut marks = [false; 256];
    let meant = b"\0\"\\[]{}";
    let mut number = 0;
    while number < meant.len() {
        marks[meant[number] as usize] = true;
        number += 1;
    }
    marks
};

/// The length of the escape at the start of `rest`, a surrogate pair counted as one.
fn escape(rest: &[u8]) -> Result<usize, Invalid> {
    match unit(rest) {
        None => Ok(2),
        Some(0) => Err(Invalid::Nul),
        Some(0xD800..=0xDBFF) => match rest.get(6..).and_then(unit) {
            Some(0xDC00..=0xDFFF) => Ok(12),
            _ => Err(Invalid::Surrogate),
        },
        Some(0xDC00..=0xDFFF) => Err(Invalid::Surrogate),
        Some(_) => Ok(6),
    }
}

/// The UTF-16 unit of a `\uXXXX` escape.
fn unit(rest: &[u8]) -> Option<u16> {
    let digits = rest.strip_prefix(b"\\u")?.get(..4)?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}
