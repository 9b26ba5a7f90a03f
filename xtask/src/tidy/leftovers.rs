//! Nothing unfinished is left in the sources.

use super::{Complaint, Tree};

const LEFTOVERS: [&str; 6] = ["TODO", "FIXME", "dbg!(", "todo!(", "unimplemented!(", "#[ignore"];

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let sources = [".rs", ".sql", ".toml", ".md"];
    for file in tree.except_the_rules() {
        if !sources.iter().any(|ending| file.path.ends_with(ending)) {
            continue;
        }
        for (number, line) in file.lines() {
            for leftover in LEFTOVERS.iter().filter(|leftover| line.contains(**leftover)) {
                complaints.push(format!("{}:{number}: `{leftover}` is left over", file.path));
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_leftover_is_caught() {
        for leftover in LEFTOVERS {
            let text = format!("fn a() {{}}\n    {leftover}x\n");
            let found = check(&Tree::of(&[("a.rs", &text)]));
            assert_eq!(found, [format!("a.rs:2: `{leftover}` is left over")]);
        }
    }
}
