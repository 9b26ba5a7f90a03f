//! The path of one job names files and functions that exist: `crates/../claim.rs::claim`.

use super::{Complaint, Tree};

const STORY: &str = "docs/one-job.md";

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    let Some(story) = tree.file(STORY) else {
        return vec![format!("{STORY} is missing: it leads a newcomer along the path of one job")];
    };
    let mut complaints = Vec::new();
    for (number, line) in story.lines() {
        for step in code_spans(line).filter(|span| span.starts_with("crates/")) {
            let (path, function) = step.split_once("::").unwrap_or((step, ""));
            let name = function.rsplit("::").next().unwrap_or("").trim_end_matches("()");
            let is_folder =
                || tree.files.iter().any(|file| file.path.starts_with(path.trim_end_matches('/')));
            let exists = match tree.file(path) {
                Some(file) => name.is_empty() || file.defines(name),
                None => name.is_empty() && is_folder(),
            };
            if !exists {
                complaints.push(format!("{STORY}:{number}: `{step}` does not exist"));
            }
        }
    }
    complaints
}

/// What stands between backquotes in a line of Markdown.
pub(super) fn code_spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_does_not_exist_is_caught() {
        let story = "1. `crates/x/src/a.rs::Store::claim` then `crates/x/src/a.rs::finish`\n\
                     2. `crates/x/src/b.rs` in `crates/x/src/` of `anything`\n";
        let tree = Tree::of(&[(STORY, story), ("crates/x/src/a.rs", "fn claim() {}")]);
        assert_eq!(
            check(&tree),
            [
                "docs/one-job.md:1: `crates/x/src/a.rs::finish` does not exist",
                "docs/one-job.md:2: `crates/x/src/b.rs` does not exist",
            ]
        );
    }
}
