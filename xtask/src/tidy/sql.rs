//! Each fixed statement is a file, and exactly one place in the sources uses it: by `include_str!`, or in a
//! list of statements by its role and verb (`"consume/claim"`).

use super::{Complaint, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for file in &tree.files {
        let Some((home, statement)) = file.path.split_once("/sql/") else { continue };
        if !home.starts_with("crates/") || !statement.ends_with(".sql") {
            continue;
        }
        let sources = tree.rust().filter(|source| source.path.starts_with(&format!("{home}/src/")));
        let (name, _) = statement.rsplit_once('.').unwrap_or((statement, ""));
        let (whole, listed) = (format!("/{statement}\")"), format!("\"{name}\""));
        let uses: usize = sources
            .map(|source| {
                source.text.matches(&whole).count() + source.text.matches(&listed).count()
            })
            .sum();
        if uses != 1 {
            complaints
                .push(format!("{}: {uses} places in {home}/src include it; one should", file.path));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_included_once() {
        let tree = Tree::of(&[
            ("crates/x/sql/consume/claim.sql", ""),
            ("crates/x/sql/consume/finish.sql", ""),
            ("crates/x/sql/consume/leave.sql", ""),
            ("crates/x/sql/consume/renew.sql", ""),
            ("crates/x/src/a.rs", "include_str!(\"../sql/consume/claim.sql\")"),
            ("crates/x/src/b.rs", "include_str!(\"../sql/consume/claim.sql\")"),
            ("crates/x/src/c.rs", "include_str!(\"../sql/consume/renew.sql\")"),
            ("crates/x/src/d.rs", "statements! { leave = \"consume/leave\" }"),
        ]);
        assert_eq!(
            check(&tree),
            [
                "crates/x/sql/consume/claim.sql: 2 places in crates/x/src include it; one should",
                "crates/x/sql/consume/finish.sql: 0 places in crates/x/src include it; one should",
            ]
        );
    }
}
