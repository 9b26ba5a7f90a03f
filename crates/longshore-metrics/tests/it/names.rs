//! One list of names: the guide shows it, and nothing is measured under another name.

use std::{collections::BTreeSet, fs, path::Path};

use longshore_metrics::names::{ALL, Form, Measure};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn row(measure: &Measure) -> String {
    let Measure { name, form, labels, says, .. } = measure;
    let labels: Vec<_> = labels.iter().map(|label| format!("`{label}`")).collect();
    let form = match form {
        Form::Counter => "counter",
        Form::Gauge => "gauge",
        Form::Histogram => "histogram",
    };
    format!("| `{name}` | {form} | {} | {says} |", labels.join(", "))
}

#[test]
fn the_guide_shows_every_name_with_its_labels_and_meaning() {
    let guide = fs::read_to_string(root().join("docs/guides/metrics.md")).unwrap();
    let shown: Vec<&str> = guide.lines().filter(|line| line.starts_with("| `longshore_")).collect();
    let wanted: Vec<String> = ALL.iter().map(row).collect();
    assert_eq!(shown, wanted, "the table has to be:\n{}\n", wanted.join("\n"));
}

#[test]
fn names_follow_the_rules_of_prometheus() {
    let names: BTreeSet<&str> = ALL.iter().map(|measure| measure.name).collect();
    assert_eq!(names.len(), ALL.len(), "each once");
    for Measure { name, form, unit, labels, .. } in ALL {
        let word = name.strip_prefix("longshore_").unwrap();
        assert!(word.chars().all(|it| it.is_ascii_lowercase() || it == '_'), "{name}");
        assert_eq!(name.ends_with("_total"), *form == Form::Counter, "{name}");
        let in_seconds = name.trim_end_matches("_total").ends_with("_seconds");
        assert_eq!(in_seconds, *unit == metrics::Unit::Seconds, "{name}");
        assert!(!labels.contains(&"tenant"), "{name}: there may be any number of tenants");
    }
}

/// Storages and the worker measure on their own, and cannot see the list.
#[test]
fn nothing_is_measured_under_a_name_that_is_not_listed() {
    let mut used = BTreeSet::new();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        collect(&entry.unwrap().path().join("src"), &mut used);
    }
    assert!(used.len() > 3, "{used:?}");
    for name in used {
        assert!(ALL.iter().any(|measure| measure.name == name), "`{name}` is not in names.rs");
    }
}

/// The names that stand as text in a call that makes an instrument.
fn collect(folder: &Path, used: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, used);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            for call in ["counter!(", "gauge!(", "histogram!("] {
                let made =
                    text.split(call).skip(1).filter_map(|rest| rest.trim().strip_prefix('"'));
                let names = made.filter_map(|rest| rest.split_once('"'));
                used.extend(names.map(|(name, _)| name.to_owned()));
            }
        }
    }
}
