//! Every test that the table of seed behaviours names is a test, and one of each line's tests says in its
//! doc comment which line it holds.
//!
//! Tests are the code spans in those columns of a table whose heading contains the word "test".

use super::one_job::code_spans;
use super::tree::File;
use super::{Complaint, Tree};

const SEEDS: &str = "docs/seeds.md";

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let mut columns: Option<Vec<usize>> = None;
    for (number, line) in tree.file(SEEDS).into_iter().flat_map(File::lines) {
        if !line.starts_with('|') {
            columns = None;
            continue;
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let Some(columns) = &columns else {
            columns = Some(
                (0..cells.len()).filter(|i| cells[*i].to_lowercase().contains("test")).collect(),
            );
            continue;
        };
        let cited = columns.iter().filter_map(|column| cells.get(*column));
        let names: Vec<&str> = cited
            .flat_map(|cell| code_spans(cell))
            .map(|span| span.rsplit("::").next().unwrap_or(span))
            .collect();
        let mut remembered = names.is_empty();
        for name in names {
            let tests = tests_of(tree, name);
            if tests.is_empty() {
                complaints.push(format!("{SEEDS}:{number}: there is no test `{name}`"));
            }
            remembered |= tests.iter().any(|test| test.names(cells[1]));
        }
        if !remembered {
            complaints.push(format!(
                "{SEEDS}:{number}: no doc comment of these tests names {}",
                cells[1]
            ));
        }
    }
    complaints
}

/// The lines above a test's function: its doc comment and its attributes.
struct Test<'a> {
    above: Vec<&'a str>,
}

impl Test<'_> {
    /// Whether its doc comment names a line of the table, as a whole word.
    fn names(&self, line: &str) -> bool {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let docs = self.above.iter().filter(|above| above.starts_with("///"));
        docs.flat_map(|doc| doc.split(|c| !is_word(c))).any(|word| word == line)
    }
}

/// The tests of that name: functions among the tests that carry an attribute of a test, or that some list
/// among the tests makes one.
fn tests_of<'a>(tree: &'a Tree, name: &str) -> Vec<Test<'a>> {
    let listed = tree.rust().any(|file| is_listed(name, among_tests(file)));
    let found = tree.rust().filter_map(|file| defined(name, among_tests(file)));
    found
        .filter(|test| {
            let attribute = |above: &&str| above.starts_with("#[") && above.contains("test");
            listed || test.above.iter().any(attribute)
        })
        .collect()
}

/// The part of a source that is test code.
fn among_tests(file: &File) -> &str {
    let folders = ["tests/", "crates/longshore-conformance/"];
    if folders.iter().any(|folder| file.path.starts_with(folder)) || file.path.contains("/tests/") {
        return &file.text;
    }
    file.text.find("#[cfg(test)]").map_or("", |at| &file.text[at..])
}

fn defined<'a>(name: &str, text: &'a str) -> Option<Test<'a>> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let defines = |line: &str| {
        let after = line.split_once(&format!("fn {name}")).map(|(_, after)| after);
        after.is_some_and(|after| after.starts_with(['(', '<']))
    };
    let at = lines.iter().position(|line| defines(line))?;
    let is_above = |line: &&&str| line.starts_with("///") || line.starts_with("#[");
    Some(Test { above: lines[..at].iter().rev().take_while(is_above).copied().collect() })
}

/// Whether the name stands by itself, as in a list that a macro makes tests of: not defined, not called.
fn is_listed(name: &str, text: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        !before.ends_with(is_word)
            && !before.ends_with("fn ")
            && !after.starts_with(is_word)
            && !after.starts_with('(')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "| line | behaviour | tests |\n|---|---|---|\n";

    fn complaints(rows: &str, sources: &[(&str, &str)]) -> Vec<Complaint> {
        let table = format!("{HEAD}{rows}\n| `other` | table |\n");
        let mut files = vec![(SEEDS, &*table)];
        files.extend(sources);
        check(&Tree::of(&files))
    }

    #[test]
    fn a_test_that_is_not_there_is_caught() {
        let rows = "| S3-1 | `state` moves | `claims::a_claim_counts`, `nobody_wrote_this` |\n";
        let test = "/// S3-1: why.\n#[tokio::test]\nasync fn a_claim_counts() {}";
        assert_eq!(
            complaints(rows, &[("crates/x/tests/it.rs", test)]),
            ["docs/seeds.md:3: there is no test `nobody_wrote_this`"]
        );
    }

    #[test]
    fn a_function_that_is_no_test_is_caught() {
        let rows = "| S3-1 | it counts | `counts` |\n";
        let none = [
            "docs/seeds.md:3: there is no test `counts`",
            "docs/seeds.md:3: no doc comment of these tests names S3-1",
        ];
        let function = "/// S3-1\nfn counts() {}\n#[test]\nfn other() { counts() }";
        assert_eq!(complaints(rows, &[("crates/x/tests/it.rs", function)]), none);
        assert_eq!(
            complaints(rows, &[("crates/x/src/a.rs", "/// S3-1\n#[test]\nfn counts() {}")]),
            none
        );
    }

    #[test]
    fn a_case_that_a_list_makes_a_test_is_one() {
        let case =
            ("crates/longshore-conformance/src/a.rs", "/// S3-1, S2-2\npub async fn counts() {}");
        let list = ("crates/longshore-conformance/src/suite.rs", "all! {\n    counts\n}");
        assert_eq!(complaints("| S3-1 | x | `counts` |\n", &[case, list]), Vec::<String>::new());
        assert_eq!(complaints("| S3-1 | x | `counts` |\n", &[case]).len(), 2);
    }

    #[test]
    fn a_line_that_no_test_names_is_caught() {
        let test = ("tests/it.rs", "/// S3-12, I4\n#[test]\nfn counts() {}");
        assert_eq!(
            complaints("| S3-1 | x | `counts` |\n| S3-2 | metrics | not yet built |\n", &[test]),
            ["docs/seeds.md:3: no doc comment of these tests names S3-1"]
        );
    }
}
