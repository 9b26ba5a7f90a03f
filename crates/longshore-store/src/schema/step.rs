//! One step of a schema.

use sha2::{Digest, Sha256};

/// A step of a schema, embedded in the program. Never changed once released.
#[derive(Clone, Copy, Debug)]
pub struct SchemaStep {
    /// Its number, from 1.
    pub version: u32,
    /// What it is about, in a word.
    pub title: &'static str,
    /// Its statements. Each ends with a semicolon at the end of a line; lines that begin with `--` are remarks.
    pub text: &'static str,
}

impl SchemaStep {
    /// The name of its file, without the ending: `0001_tables`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{:04}_{}", self.version, self.title)
    }

    /// The SHA-256 of the text in hexadecimal digits: tells a text that somebody changed.
    #[must_use]
    pub fn checksum(&self) -> String {
        Sha256::digest(self.text).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Its statements in order, without their semicolons.
    ///
    /// ```
    /// use longshore_store::SchemaStep;
    ///
    /// let text = "-- Two; tables.\nCREATE TABLE a (b INT);\nCREATE TABLE c (\n  d INT\n);\n";
    /// let step = SchemaStep { version: 1, title: "tables", text };
    /// let statements: Vec<String> = step.statements().collect();
    /// assert_eq!(statements, ["CREATE TABLE a (b INT)", "CREATE TABLE c (\n  d INT\n)"]);
    /// ```
    pub fn statements(&self) -> impl Iterator<Item = String> {
        let mut rest = self.text.lines().filter(|line| !line.starts_with("--") && !line.is_empty());
        std::iter::from_fn(move || {
            let mut statement = String::new();
            for line in rest.by_ref() {
                if let Some(end) = line.strip_suffix(';') {
                    statement.push_str(end);
                    return Some(statement);
                }
                statement.push_str(line);
                statement.push('\n');
            }
            None
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_at_the_end_of_a_line() {
        let text =
            "-- one; two;\n\nCREATE TABLE a (b INT); -- no end\n  ;\nDROP TABLE a;\n-- end\n";
        let step = SchemaStep { version: 1, title: "", text };
        let found: Vec<String> = step.statements().collect();
        assert_eq!(found, ["CREATE TABLE a (b INT); -- no end\n  ", "DROP TABLE a"]);
    }

    #[test]
    fn a_step_is_named_as_its_file_is() {
        let step = SchemaStep { version: 12, title: "more_tables", text: "" };
        assert_eq!(step.name(), "0012_more_tables");
    }
}
