//! Every crate has its paragraph in the code map.

use super::{Complaint, Tree};

const CODE_MAP: &str = "docs/architecture.md";

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    let map = tree.file(CODE_MAP).map_or("", |file| &file.text);
    let manifests = tree.files.iter().filter_map(|file| {
        let name = file.path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")?;
        Some((file, name))
    });
    manifests
        .filter(|(_, name)| !map.contains(&format!("`{name}`")))
        .map(|(file, name)| format!("{}: {CODE_MAP} does not tell what `{name}` is for", file.path))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_that_the_map_does_not_show_is_caught() {
        let tree = Tree::of(&[
            ("crates/longshore/Cargo.toml", ""),
            ("crates/longshore-core/Cargo.toml", ""),
            (CODE_MAP, "`longshore-core` is pure."),
        ]);
        let missing = "crates/longshore/Cargo.toml: docs/architecture.md does not tell what `longshore` is for";
        assert_eq!(check(&tree), [missing]);
    }
}
