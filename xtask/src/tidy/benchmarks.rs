//! The page of benchmarks and its picture are what their record makes of them.

use super::{Complaint, Tree};
use crate::record::{self, PAGE, PICTURE, Record};

/// How remarks name their run.
pub(super) const ABOUT_A_RUN: &str = "the run of ";

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    let (Some(page), Some(file)) = (tree.file(PAGE), tree.file(record::FILE)) else {
        return vec![format!("{PAGE} and its record {} belong together", record::FILE)];
    };
    let made = Record::parse(&file.text)
        .and_then(|record| Ok((record::rewritten(&page.text, &record)?, record::picture(&record))));
    let (made_page, made_picture) = match made {
        Ok(made) => made,
        Err(error) => return vec![format!("{error:#}")],
    };
    let mut complaints = Vec::new();
    for (path, made) in [(PAGE, made_page), (PICTURE, made_picture)] {
        let found = tree.file(path).map_or("", |file| &file.text);
        complaints.extend(difference(path, found, &made, record::FILE, "cargo xtask bench --page"));
    }
    complaints.extend(stale_remarks(&page.text, &Record::parse(&file.text)));
    complaints
}

/// A complaint about a file that is not what its record makes of it.
pub(super) fn difference(
    path: &str,
    found: &str,
    made: &str,
    record: &str,
    chore: &str,
) -> Option<Complaint> {
    if found == made {
        return None;
    }
    let differs = found.lines().zip(made.lines()).position(|(found, made)| found != made);
    let line = differs.unwrap_or_else(|| found.lines().count().min(made.lines().count())) + 1;
    Some(format!(
        "{path}:{line}: it is not what its record {record} makes of it: `{chore}` writes it"
    ))
}

/// What is written by hand about a run is of no use beside another one.
fn stale_remarks(page: &str, record: &anyhow::Result<Record>) -> Vec<Complaint> {
    let Ok(record) = record else { return Vec::new() };
    let stale = record::DATABASES.iter().flat_map(|database| {
        let begin = format!("<!-- measured: {database} -->");
        let chapter = page.split_once(&begin).map_or("", |(_, rest)| rest);
        let chapter = chapter.split("\n## ").next().unwrap_or_default();
        let chapter = chapter.split("<!-- measured").next().unwrap_or_default();
        let dates = chapter.split(ABOUT_A_RUN).skip(1).filter_map(|rest| rest.get(..10));
        let other = dates.filter(|date| *date != record.date(database));
        other.map(move |date| {
            format!("{PAGE}: remarks on the run of {date} stand beside a later one on {database}: see to them")
        })
    });
    stale.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = r#"{"date": "2026-01-02", "metric": "environment", "backend": "sqlite", "server": "SQLite"}
{"peer": "honker", "backend": "sqlite", "rep": 1, "metric": "bulk", "rate": 1000.0}
{"peer": "longshore", "backend": "sqlite", "rep": 1, "metric": "bulk", "rate": 2500.0}"#;
    const EMPTY: &str = "<!-- measured: postgres -->\n<!-- end -->\n<!-- measured: mysql -->\n<!-- end -->\n\
                         <!-- measured: sqlite -->\n<!-- end -->\nRemarks.\n";

    #[test]
    fn a_page_that_tells_other_figures_than_the_record_is_caught() {
        let record = Record::parse(RECORD).unwrap();
        let page = record::rewritten(EMPTY, &record).unwrap();
        let picture = record::picture(&record);
        let complaints = |page: &str, picture: &str| {
            check(&Tree::of(&[(PAGE, page), (record::FILE, RECORD), (PICTURE, picture)]))
        };
        assert_eq!(complaints(&page, &picture), Vec::<String>::new());
        assert_eq!(complaints(&page.replace("Remarks", "Others"), &picture), Vec::<String>::new());
        let dated = |date| page.replace("Remarks.", &format!("On the run of {date}: slow."));
        assert_eq!(complaints(&dated("2026-01-02"), &picture), Vec::<String>::new());
        assert!(complaints(&dated("2025-01-02"), &picture)[0].contains("stand beside a later one"));
        let flattering =
            complaints(&page.replace("2.50", "3.00"), &picture.replace("2.50", "3.00"));
        assert_eq!(flattering.len(), 2);
        assert!(
            flattering[0].starts_with("docs/benchmarks.md:") && flattering[0].contains("--page")
        );
        assert_eq!(complaints("nothing", &picture).len(), 1);
    }
}
