//! No module is named after having no idea of its own.

use super::{Complaint, Tree};

const EMPTY_WORDS: [&str; 5] = ["common", "helpers", "misc", "types", "utils"];

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for file in tree.rust() {
        let in_path = file.path.split('/').map(|part| part.strip_suffix(".rs").unwrap_or(part));
        for word in in_path.filter(|part| EMPTY_WORDS.contains(part)) {
            complaints
                .push(format!("{}: `{word}` names no idea; call it by what it does", file.path));
        }
        for (number, line) in file.lines() {
            let inline = line.trim().trim_end_matches('{').trim_end().rsplit_once("mod ");
            if let Some((_, word)) = inline.filter(|(_, word)| EMPTY_WORDS.contains(word)) {
                complaints.push(format!("{}:{number}: module `{word}` names no idea", file.path));
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_words_are_caught_as_files_folders_and_inline_modules() {
        let tree = Tree::of(&[
            ("src/utils.rs", ""),
            ("tests/common/mod.rs", ""),
            ("src/claim.rs", "mod claims {}\npub(crate) mod helpers {\n}"),
        ]);
        assert_eq!(
            check(&tree),
            [
                "src/utils.rs: `utils` names no idea; call it by what it does",
                "tests/common/mod.rs: `common` names no idea; call it by what it does",
                "src/claim.rs:2: module `helpers` names no idea",
            ]
        );
    }
}
