//! A source file has at most 400 lines, tests included.

use super::{Complaint, Tree};

const MOST: usize = 400;

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    let count = tree.rust().map(|file| (file, file.text.lines().count()));
    count
        .filter(|(_, lines)| *lines > MOST)
        .map(|(file, lines)| {
            format!("{}: {lines} lines; split it so that each part has one idea", file.path)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_401_lines_is_too_long() {
        let long = "x\n".repeat(401);
        let tree = Tree::of(&[("a.rs", &long), ("b.rs", &long[2..]), ("c.txt", &long)]);
        assert_eq!(check(&tree), ["a.rs: 401 lines; split it so that each part has one idea"]);
    }
}
