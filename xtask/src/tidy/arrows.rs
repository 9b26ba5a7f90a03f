//! Crates depend downwards only, and only those that may know of sqlx and of the conformance suite do.

use std::path::Path;

use anyhow::Result;
use cargo_metadata::{DependencyKind, MetadataCommand};

use super::Complaint;

/// The floors of the house. An arrow leads to a lower floor.
const FLOORS: [(&str, u8); 15] = [
    ("longshore-core", 0),
    ("longshore-store", 1),
    ("longshore-query", 1),
    ("longshore-sqlite", 2),
    ("longshore-postgres", 2),
    ("longshore-mysql", 2),
    ("longshore-worker", 3),
    ("longshore-metrics", 3),
    ("longshore-web", 3),
    ("longshore", 4),
    ("airports", 5),
    ("longshore-cli", 6),
    ("xtask", 7),
    (CONFORMANCE, 7),
    ("sqlx", 0),
];

/// The questions of `longshore-query` are those of the Inspect role, so it sees its neighbour.
const NEIGHBOURS: [Arrow<'_>; 1] = [Arrow { from: "longshore-query", to: "longshore-store" }];

const CONFORMANCE: &str = "longshore-conformance";
const KNOW_SQLX: [&str; 4] =
    ["longshore", "longshore-mysql", "longshore-postgres", "longshore-sqlite"];

/// A dependency of a crate's product (not of its tests alone).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Arrow<'a> {
    from: &'a str,
    to: &'a str,
}

/// Every arrow that starts in this workspace.
pub(super) fn of_workspace(root: &Path) -> Result<Vec<(String, String)>> {
    let metadata =
        MetadataCommand::new().manifest_path(root.join("Cargo.toml")).no_deps().exec()?;
    let arrows = metadata.packages.iter().flat_map(|package| {
        let product =
            package.dependencies.iter().filter(|arrow| arrow.kind != DependencyKind::Development);
        product.map(|arrow| (package.name.to_string(), arrow.name.clone()))
    });
    Ok(arrows.collect())
}

pub(super) fn check(arrows: &[(String, String)]) -> Vec<Complaint> {
    arrows.iter().filter_map(|(from, to)| wrong(Arrow { from, to })).collect()
}

fn wrong(arrow: Arrow<'_>) -> Option<Complaint> {
    let Arrow { from, to } = arrow;
    if to == "sqlx" && !KNOW_SQLX.contains(&from) {
        return Some(format!("{from} depends on sqlx; only {} may", KNOW_SQLX.join(", ")));
    }
    if to == CONFORMANCE {
        return Some(format!("{from} depends on {to} outside its tests; make it a dev-dependency"));
    }
    let Some(above) = floor(from) else {
        return Some(format!("{from} has no floor; give it one in xtask/src/tidy/arrows.rs"));
    };
    let below = floor(to)?;
    if below < above || NEIGHBOURS.contains(&arrow) {
        return None;
    }
    Some(format!("{from} (floor {above}) depends on {to} (floor {below}); arrows point down"))
}

fn floor(name: &str) -> Option<u8> {
    FLOORS.iter().find(|(on, _)| *on == name).map(|(_, floor)| *floor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(arrows: &[(&str, &str)]) -> Vec<Complaint> {
        let owned: Vec<_> =
            arrows.iter().map(|(from, to)| ((*from).into(), (*to).into())).collect();
        check(&owned)
    }

    #[test]
    fn arrows_that_point_down_are_fine() {
        let down = [
            ("longshore-cli", "longshore"),
            ("longshore-sqlite", "sqlx"),
            ("longshore-core", "serde"),
            ("longshore-query", "longshore-store"),
        ];
        assert_eq!(complaints(&down), Vec::<String>::new());
    }

    #[test]
    fn arrows_that_point_up_or_sideways_are_caught() {
        assert_eq!(
            complaints(&[
                ("longshore-core", "longshore-store"),
                ("longshore-store", "longshore-query")
            ]),
            [
                "longshore-core (floor 0) depends on longshore-store (floor 1); arrows point down",
                "longshore-store (floor 1) depends on longshore-query (floor 1); arrows point down",
            ]
        );
    }

    #[test]
    fn sqlx_and_the_conformance_suite_are_kept_to_their_places() {
        let found = complaints(&[
            ("longshore-worker", "sqlx"),
            ("longshore-cli", "longshore-conformance"),
            ("longshore-new", "longshore-core"),
        ]);
        assert_eq!(
            found,
            [
                "longshore-worker depends on sqlx; only longshore, longshore-mysql, longshore-postgres, longshore-sqlite may",
                "longshore-cli depends on longshore-conformance outside its tests; make it a dev-dependency",
                "longshore-new has no floor; give it one in xtask/src/tidy/arrows.rs",
            ]
        );
    }
}
