//! The program `longshore` holds each crate once: a second version costs time to build, bytes, and the
//! surprise that equal types differ.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::Complaint;
use crate::house;

/// Doubles that others bring, and why we cannot help it. Procedural macros are not part of the program.
const ALLOWED: [(&str, &str); 9] = [
    ("block-buffer", DIGESTS),
    ("cpufeatures", DIGESTS),
    ("crypto-common", DIGESTS),
    ("digest", DIGESTS),
    ("sha2", DIGESTS),
    ("getrandom", "ring 0.17 stays with 0.2, rand 0.9 with 0.3, rand 0.10 needs 0.4"),
    ("hashbrown", "sqlx-core 0.9 takes hashlink with 0.16 beside indexmap with 0.17"),
    ("rand", SAMPLES),
    ("rand_core", SAMPLES),
];
const DIGESTS: &str =
    "sqlx-core 0.9 takes sha2 0.10, as we do, and sqlx-postgres 0.9 takes sha2 0.11";
const SAMPLES: &str =
    "metrics-util 0.20, which metrics-exporter-prometheus 0.18 stands on, stays with rand 0.9";

/// The crates of the program, one a line: `name vVERSION ...`.
pub(super) fn of_program() -> Result<String> {
    let mut tree = house::cargo(["tree", "--locked", "--quiet", "--package", "longshore-cli"]);
    tree.args(["--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"]);
    house::output_of(&mut tree)
}

pub(super) fn check(crates: &str) -> Vec<Complaint> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in crates.lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            versions.entry(name).or_default().insert(version);
        }
    }
    versions.retain(|_, versions| versions.len() > 1);
    let is_allowed = |name: &str| ALLOWED.iter().any(|(allowed, _)| *allowed == name);
    let new = versions.iter().filter(|(name, _)| !is_allowed(name)).map(|(name, versions)| {
        let versions: Vec<&str> = versions.iter().copied().collect();
        format!(
            "Cargo.lock: `longshore` holds {name} {}; use one, or say in \
             xtask/src/tidy/doubles.rs why not",
            versions.join(" and ")
        )
    });
    let gone =
        ALLOWED.iter().filter(|(name, _)| !versions.contains_key(name)).map(|(name, why)| {
            format!(
                "xtask/src/tidy/doubles.rs: {name} is there once; remove it from the list ({why})"
            )
        });
    new.chain(gone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_version_is_caught_and_so_is_an_excuse_that_is_not_needed() {
        let allowed: String =
            ALLOWED.iter().map(|(name, _)| format!("{name} v0.1.0\n{name} v0.2.0 (*)\n")).collect();
        let once = "serde v1.0.1\nlongshore v0.1.0 (crates/longshore)\nserde v1.0.1 (*)\n";
        assert_eq!(check(&format!("{allowed}{once}")), Vec::<String>::new());
        assert_eq!(
            check(&format!("{allowed}{once}serde v2.0.0\n")),
            ["Cargo.lock: `longshore` holds serde v1.0.1 and v2.0.0; use one, or say in \
              xtask/src/tidy/doubles.rs why not"]
        );
        assert!(check(once).iter().any(|complaint| complaint.contains("sha2 is there once")));
    }
}
