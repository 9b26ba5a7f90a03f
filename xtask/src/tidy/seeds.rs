//! Every test that the table of seed behaviours names is in the sources.
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
        let cells: Vec<&str> = line.split('|').collect();
        let Some(columns) = &columns else {
            columns = Some(
                (0..cells.len()).filter(|i| cells[*i].to_lowercase().contains("test")).collect(),
            );
            continue;
        };
        for span in
            columns.iter().filter_map(|column| cells.get(*column)).flat_map(|cell| code_spans(cell))
        {
            let test = span.rsplit("::").next().unwrap_or(span);
            if !tree.defines(test) {
                complaints.push(format!("{SEEDS}:{number}: there is no test `{test}`"));
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_is_not_there_is_caught() {
        let table = "| line | behaviour | tests |\n|---|---|---|\n\
                     | S3-1 | `state` moves | `claims::a_claim_counts`, `nobody_wrote_this` |\n\n\
                     | `other` | table |\n";
        let tree =
            Tree::of(&[(SEEDS, table), ("crates/x/src/a.rs", "pub async fn a_claim_counts() {}")]);
        assert_eq!(check(&tree), ["docs/seeds.md:3: there is no test `nobody_wrote_this`"]);
    }
}
