//! Every source file opens with `//!`: what its idea is.

use super::{Complaint, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    tree.rust()
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| {
            format!("{}:1: open the file with `//!` and its idea in a few lines", file.path)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_opens_with_code_is_caught() {
        let tree = Tree::of(&[
            ("a.rs", "//! Idea.\nfn a() {}"),
            ("b.rs", "fn b() {}"),
            ("c.sql", "select"),
        ]);
        assert_eq!(check(&tree), ["b.rs:1: open the file with `//!` and its idea in a few lines"]);
    }
}
