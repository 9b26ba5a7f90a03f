//! The hello world of the README is the example that is compiled, letter by letter.

use super::{Complaint, Tree};

const README: &str = "README.md";
const EXAMPLE: &str = "crates/longshore/examples/hello.rs";

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    let (Some(readme), Some(example)) = (tree.file(README), tree.file(EXAMPLE)) else {
        return vec![format!("{README} must show {EXAMPLE}, and one of them is missing")];
    };
    let shown = first_rust_block(&readme.text).unwrap_or_default();
    if shown.trim() == without_opening(&example.text).trim() {
        return Vec::new();
    }
    vec![format!("{README}: its first Rust block differs from {EXAMPLE}")]
}

fn first_rust_block(readme: &str) -> Option<&str> {
    let (_, after) = readme.split_once("\n```rust")?;
    let (_, block) = after.split_once('\n')?;
    block.split_once("\n```").map(|(block, _)| block)
}

/// The source without the `//!` lines that every file opens with.
fn without_opening(source: &str) -> String {
    let code = source.lines().skip_while(|line| line.starts_with("//!"));
    code.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_readme_that_differs_is_caught() {
        let example = (EXAMPLE, "//! Hello.\n\nfn main() {}\n");
        let equal = (README, "# Longshore\n```rust,no_run\nfn main() {}\n```\n");
        let other = (README, "# Longshore\n```rust\nfn main() { }\n```\n");
        assert_eq!(check(&Tree::of(&[example, equal])), Vec::<String>::new());
        assert_eq!(check(&Tree::of(&[example, other])).len(), 1);
        assert_eq!(check(&Tree::of(&[example])).len(), 1);
    }
}
