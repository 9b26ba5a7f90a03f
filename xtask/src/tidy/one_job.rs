//! The path of one job names files and functions that exist (`crates/../claim.rs::claim`), and its numbered
//! steps lead through few files and few lines.
//!
//! What stands in quotations (`> ...`) lies beside the path.

use std::collections::BTreeSet;

use super::tree::File;
use super::{Complaint, Tree};

const STORY: &str = "docs/one-job.md";
const MOST_FILES: usize = 8;
/// Lines with code: neither empty nor comments.
const MOST_LINES: usize = 1000;

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    let Some(story) = tree.file(STORY) else {
        return vec![format!("{STORY} is missing: it leads a newcomer along the path of one job")];
    };
    let mut complaints = missing(story, tree);
    let path: BTreeSet<&str> = steps(&story.text).collect();
    let lines = path.iter().filter_map(|path| tree.file(path)).map(lines_of_code).sum::<usize>();
    if path.len() > MOST_FILES || lines > MOST_LINES {
        complaints.push(format!(
            "{STORY}: its steps lead through {} files with {lines} lines of code; at most {MOST_FILES} \
             with {MOST_LINES} can be followed",
            path.len()
        ));
    }
    complaints
}

fn missing(story: &File, tree: &Tree) -> Vec<Complaint> {
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

/// The files of the paragraphs that begin as `**4. Claimed.**` does.
fn steps(story: &str) -> impl Iterator<Item = &str> {
    let numbered = story.split("\n\n").filter(|paragraph| {
        paragraph
            .strip_prefix("**")
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    });
    let spans = numbered.flat_map(code_spans).filter(|span| span.starts_with("crates/"));
    spans.map(|span| span.split_once("::").map_or(span, |(path, _)| path))
}

fn lines_of_code(file: &File) -> usize {
    let code = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
    file.text.lines().filter(code).count()
}

/// What stands between backquotes in a line or a paragraph of Markdown.
pub(super) fn code_spans(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
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

    #[test]
    fn a_path_that_is_too_long_is_caught_and_what_lies_beside_it_is_not_counted() {
        let (long, short) = ("x;\n\n// why\n".repeat(600), "fn f() {}");
        let beside =
            "**1. So.** `a::b` and\n`crates/a.rs`\n\n> `crates/b.rs`\n\n**Then** `crates/b.rs`\n";
        let files = [("crates/a.rs", &*long), ("crates/b.rs", &*long)];
        let tree = |story| Tree::of(&[(STORY, story), files[0], files[1]]);
        assert_eq!(check(&tree(beside)), Vec::<String>::new());
        let along = beside.replace("> ", "**2. Then.** ");
        assert_eq!(
            check(&tree(&along)),
            [
                "docs/one-job.md: its steps lead through 2 files with 1200 lines of code; at most 8 with \
                 1000 can be followed"
            ]
        );
        let names: Vec<_> = (0..9).map(|n| format!("crates/{n}.rs")).collect();
        let story =
            format!("**1. So.** {}", names.iter().map(|n| format!("`{n}` ")).collect::<String>());
        let mut many = vec![(STORY, &*story)];
        many.extend(names.iter().map(|name| (&**name, short)));
        assert!(check(&Tree::of(&many))[0].contains("9 files with 9 lines"));
    }
}
