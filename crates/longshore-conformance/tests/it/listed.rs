//! No case is forgotten: every one that is written is in the list of the macro.

use std::{collections::BTreeSet, fs, path::Path};

#[test]
fn every_case_is_listed() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let list = fs::read_to_string(source.join("suite.rs")).unwrap();
    let listed: Vec<_> = list
        .lines()
        .filter(|line| line.starts_with("            ") && line.trim().contains('_'))
        .map(str::trim)
        .filter(|word| {
            word.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_')
        })
        .map(str::to_owned)
        .collect();
    let mut written = BTreeSet::new();
    collect(&source.join("cases"), &mut written);
    assert!(written.len() > 100);
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), written);
    assert_eq!(listed.len(), written.len(), "a case is listed twice");
}

fn collect(folder: &Path, cases: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("the folder of the cases") {
        let path = entry.expect("a file of cases").path();
        if path.is_dir() {
            collect(&path, cases);
            continue;
        }
        for line in fs::read_to_string(&path).expect("Rust").lines() {
            let case = line.strip_prefix("pub async fn ").and_then(|it| it.split_once('('));
            cases.extend(case.map(|(name, _)| name.to_owned()));
        }
    }
}
