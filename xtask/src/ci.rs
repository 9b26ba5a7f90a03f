//! `cargo xtask ci`: every check that a change must pass, in one command.

use std::fs;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::features;
use crate::house::{cargo, root};
use crate::tally::Tally;
use crate::tidy;

/// One finished check.
struct Step {
    name: &'static str,
    took: Duration,
    passed: bool,
}

/// Runs all checks, cheapest first. A failed one does not stop the others: one run shows everything.
pub(crate) fn run() -> Result<ExitCode> {
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    // Libraries only: the binary `longshore` would write its pages over those of the crate `longshore`.
    let mut docs = cargo(["doc", "--workspace", "--lib", "--no-deps", "--locked"]);
    docs.env("RUSTDOCFLAGS", "-D warnings");
    let mut tally = Tally::default();

    let steps = [
        step("format", || succeeds(&mut cargo(["fmt", "--all", "--", "--check"]))),
        step("tidy", || tidy::is_clean(&root())),
        step("build", || succeeds(&mut cargo(["build", "--workspace", "--locked"]))),
        step("clippy", || succeeds(&mut cargo(clippy))),
        step("features", features::hold),
        step("docs", || succeeds(&mut docs)),
        step("tests", || {
            let [chore, name] = readme_test_command()?;
            let (counted, status) = Tally::of(&mut cargo([&chore, &name]))?;
            tally = counted;
            Ok(status.success())
        }),
    ];

    println!();
    for step in &steps {
        let verdict = if step.passed { "passed" } else { "FAILED" };
        println!("{:<8} {verdict} {:>6.1} s", step.name, step.took.as_secs_f64());
    }
    println!("{}", tally.tested_on.as_deref().unwrap_or("no tests ran to their end"));
    println!("{tally}");
    let all_passed = steps.iter().all(|step| step.passed);
    Ok(if all_passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn step(name: &'static str, check: impl FnOnce() -> Result<bool>) -> Step {
    println!("\n=== {name}");
    let start = Instant::now();
    let passed = check().unwrap_or_else(|error| {
        eprintln!("{error:#}");
        false
    });
    Step { name, took: start.elapsed(), passed }
}

fn succeeds(command: &mut std::process::Command) -> Result<bool> {
    let status = command.status().with_context(|| format!("cannot start {command:?}"))?;
    Ok(status.success())
}

/// The test command that the README tells people to run: this is what must work.
fn readme_test_command() -> Result<[String; 2]> {
    let readme = fs::read_to_string(root().join("README.md")).context("cannot read README.md")?;
    test_command(&readme).context(
        "README.md must show the test command in a code block, as the line `cargo xtask test`",
    )
}

fn test_command(readme: &str) -> Option<[String; 2]> {
    let mut in_code = false;
    let line = readme.lines().find(|line| {
        in_code ^= line.starts_with("```");
        in_code
            && line.trim_start_matches("$ ").split('#').next().map(str::trim)
                == Some("cargo xtask test")
    })?;
    let mut words = line.trim_start_matches("$ ").split_whitespace().skip(1).map(str::to_owned);
    Some([words.next()?, words.next()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_command_is_the_one_in_a_code_block_of_the_readme() {
        let shown = "Run the tests:\n```sh\ncargo run\ncargo xtask test   # all databases\n```\n";
        assert_eq!(test_command(shown), Some(["xtask".to_owned(), "test".to_owned()]));
        assert_eq!(test_command("cargo xtask test is only told about\n"), None);
        assert_eq!(test_command("```\ncargo xtask test --sqlite-only\n```\n"), None);
    }
}
