//! A recorded migration never changes: databases that ran it would no longer be what the sources say.

use sha2::{Digest, Sha256};

use super::tree::File;
use super::{Complaint, Tree};

/// The record: a line `CHECKSUM  PATH` for each migration.
pub(super) const RECORD: &str = "migrations/checksums.txt";

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    let recorded: Vec<(&str, &str)> = tree
        .file(RECORD)
        .into_iter()
        .flat_map(|file| file.text.lines())
        .filter_map(entry)
        .collect();
    let mut complaints = Vec::new();
    for file in migrations(tree) {
        match recorded.iter().find(|(_, path)| *path == file.path) {
            None => complaints.push(format!(
                "{}: not recorded; run `cargo xtask tidy --bless` once it is finished",
                file.path
            )),
            Some((sum, _)) if *sum != checksum(&file.text) => {
                complaints.push(format!(
                    "{}: changed after it was recorded; add a new migration",
                    file.path
                ));
            }
            Some(_) => {}
        }
    }
    for (_, path) in recorded.iter().filter(|(_, path)| tree.file(path).is_none()) {
        complaints.push(format!("{path}: recorded as a migration, but gone"));
    }
    complaints
}

/// The record of the migrations as they are now.
pub(super) fn record(tree: &Tree) -> String {
    migrations(tree).map(|file| format!("{}  {}\n", checksum(&file.text), file.path)).collect()
}

fn migrations(tree: &Tree) -> impl Iterator<Item = &File> {
    tree.files
        .iter()
        .filter(|file| file.path.starts_with("migrations/") && file.path.ends_with(".sql"))
}

fn entry(line: &str) -> Option<(&str, &str)> {
    line.split_once("  ")
}

fn checksum(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: (&str, &str) = ("migrations/sqlite/0001_first.sql", "create table a(b);");

    #[test]
    fn changed_new_and_lost_migrations_are_caught() {
        let record = record(&Tree::of(&[FIRST, ("migrations/sqlite/0002_lost.sql", "")]));
        let tree = Tree::of(&[
            (FIRST.0, "create table b(a);"),
            ("migrations/sqlite/0003_new.sql", ""),
            (RECORD, &record),
        ]);
        assert_eq!(
            check(&tree),
            [
                "migrations/sqlite/0001_first.sql: changed after it was recorded; add a new migration",
                "migrations/sqlite/0003_new.sql: not recorded; run `cargo xtask tidy --bless` once it is finished",
                "migrations/sqlite/0002_lost.sql: recorded as a migration, but gone",
            ]
        );
    }

    #[test]
    fn recorded_migrations_are_fine() {
        let record = record(&Tree::of(&[FIRST]));
        assert_eq!(check(&Tree::of(&[FIRST, (RECORD, &record)])), Vec::<String>::new());
    }
}
