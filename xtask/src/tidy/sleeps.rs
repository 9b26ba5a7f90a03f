//! Tests wait for events or poll a condition; they never sleep and hope.
//!
//! Allowed are the pause between two looks (the sleep stands directly in a loop), and sleeping on tokio's
//! paused clock, which takes no time.

use super::tree::File;
use super::{Complaint, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    tree.except_the_rules().filter(|file| file.path.ends_with(".rs")).flat_map(sleeps_in).collect()
}

fn sleeps_in(file: &File) -> Vec<Complaint> {
    if file.text.contains("start_paused") || file.text.contains("time::pause(") {
        return Vec::new();
    }
    let mut in_test = file.path.starts_with("tests/")
        || file.path.contains("/tests/")
        || file.path.contains("longshore-conformance/");
    let mut complaints = Vec::new();
    for (number, line) in file.lines() {
        in_test |= line.trim() == "#[cfg(test)]";
        let code = line.split("//").next().unwrap_or(line);
        if in_test && code.contains("sleep(") && !is_in_loop(file, number) {
            complaints.push(format!(
                "{}:{number}: a test sleeps; let it wait for what it needs",
                file.path
            ));
        }
    }
    complaints
}

/// Whether the block that a line stands in is the body of a loop, judged by indentation.
fn is_in_loop(file: &File, number: usize) -> bool {
    let before: Vec<&str> = file.text.lines().take(number).collect();
    let Some((line, above)) = before.split_last() else { return false };
    let opening = above
        .iter()
        .rev()
        .find(|above| !above.trim().is_empty() && indentation(above) < indentation(line));
    opening.is_some_and(|opening| {
        ["for ", "while ", "loop "].iter().any(|word| opening.trim().starts_with(word))
    })
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLEEPS: &str = "async fn a() {\n    tokio::time::sleep(SECOND).await;\n}\n";

    #[test]
    fn a_sleep_in_a_test_is_caught() {
        let unit = format!("{SLEEPS}#[cfg(test)]\nmod tests {{\n{SLEEPS}}}\n");
        let tree = Tree::of(&[("tests/tests/it.rs", SLEEPS), ("crates/x/src/a.rs", &unit)]);
        assert_eq!(
            check(&tree),
            [
                "tests/tests/it.rs:2: a test sleeps; let it wait for what it needs",
                "crates/x/src/a.rs:7: a test sleeps; let it wait for what it needs",
            ]
        );
    }

    #[test]
    fn polling_and_paused_time_are_allowed() {
        let polls =
            "fn a() {\n    for _ in 0..100 {\n        look();\n        sleep(BLINK);\n    }\n}\n";
        let paused = format!("#[tokio::test(start_paused = true)]\n{SLEEPS}");
        let tree =
            Tree::of(&[("tests/a.rs", polls), ("x/tests/b.rs", &paused), ("x/src/c.rs", SLEEPS)]);
        assert_eq!(check(&tree), Vec::<String>::new());
    }
}
