//! Data on stdout: a table for people, one JSON object a line for programs.

use std::io::{self, Write};

use comfy_table::{Table, presets};
use serde::Serialize;

/// How a command shows what it found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    /// One JSON object a line.
    pub(crate) json: bool,
}

impl Output {
    /// Shows rows: each as JSON, or all as a table whose cells `cells` makes.
    pub(crate) fn rows<T: Serialize, const N: usize>(
        self,
        rows: &[T],
        heads: [&str; N],
        cells: impl Fn(&T) -> [String; N],
    ) -> io::Result<()> {
        if self.json {
            return rows.iter().try_for_each(|row| self.object(row));
        }
        let mut table = Table::new();
        table.load_preset(presets::NOTHING).set_header(heads);
        table.add_rows(rows.iter().map(|row| cells(row).map(|cell| plain(&cell))));
        self.line(&table.trim_fmt())
    }

    /// Shows one thing: as JSON on one line, or field by field.
    pub(crate) fn fields<T: Serialize>(self, thing: &T) -> anyhow::Result<()> {
        if self.json {
            return Ok(self.object(thing)?);
        }
        let value = serde_json::to_value(thing)?;
        let Some(fields) = value.as_object() else {
            return Ok(self.line(&value.to_string())?);
        };
        let width = fields.keys().map(String::len).max().unwrap_or(0);
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
            let value = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            self.line(&format!("{name:width$}  {}", plain(&value)))?;
        }
        Ok(())
    }

    /// One JSON object on a line of its own.
    pub(crate) fn object<T: Serialize>(self, thing: &T) -> io::Result<()> {
        self.line(&serde_json::to_string(thing)?)
    }

    /// One line of text, seen at once also through a pipe.
    pub(crate) fn line(self, text: &str) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{text}")?;
        stdout.flush()
    }
}

/// Text that cannot steer the terminal: payloads and errors come from strangers.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{FFFD}' } else { c })
        .collect()
}

/// The beginning of a text.
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// A moment for a table: to the second.
pub(crate) fn moment(at: longshore_core::Timestamp) -> String {
    at.format("%F %T").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(plain("a\x1b[31mb\nc"), "a\u{FFFD}[31mb\nc");
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(cut("äöü", 2), "äö…");
        assert_eq!(cut("äöü", 3), "äöü");
    }
}
