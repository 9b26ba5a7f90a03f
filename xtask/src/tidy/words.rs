//! The tree speaks of the project alone: no paths of somebody's machine, no numbers of a tracker.

use super::{Complaint, Tree};

const FOREIGN: [&str; 4] = ["/root/", "/home/", "/Users/", "issue #"];

/// Data and legal texts are not ours to word.
fn is_ours(path: &str) -> bool {
    !path.contains("/data/") && !path.starts_with("LICENSE") && path != "Cargo.lock"
}

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for file in tree.except_the_rules().filter(|file| is_ours(&file.path)) {
        for (number, line) in file.lines() {
            for word in FOREIGN.iter().filter(|word| stands_in(line, word)) {
                complaints.push(format!("{}:{number}: `{word}` does not belong here", file.path));
            }
        }
    }
    complaints
}

/// A path must begin a word, so that `https://a.example/home/` is fine.
fn stands_in(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        line[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '.')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_a_machine_and_tracker_numbers_are_caught() {
        let text = "see /home/ada/longshore\nfixes issue #12\nlogs in /root/log\n";
        assert_eq!(
            check(&Tree::of(&[("README.md", text)])),
            [
                "README.md:1: `/home/` does not belong here",
                "README.md:2: `issue #` does not belong here",
                "README.md:3: `/root/` does not belong here",
            ]
        );
    }

    #[test]
    fn similar_words_and_foreign_texts_are_fine() {
        let text = "framework/web https://example.com/home/ and /tmp/test";
        assert_eq!(
            check(&Tree::of(&[("a.md", text), ("LICENSE-MIT", "/home/")])),
            Vec::<String>::new()
        );
    }
}
