//! The page of benchmarks tells the figures of their record, and the ratios that follow from them.

use super::{Complaint, Tree};
use crate::record::{self, FIGURES, Record, shown};

const PAGE: &str = "docs/benchmarks.md";
/// The heading of each database's chapter.
const CHAPTERS: [(&str, &str); 3] =
    [("postgres", "\n## PostgreSQL"), ("mysql", "\n## MariaDB"), ("sqlite", "\n## SQLite")];

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    let (Some(page), Some(file)) = (tree.file(PAGE), tree.file(record::FILE)) else {
        return vec![format!("{PAGE} and its record {} belong together", record::FILE)];
    };
    let record = match Record::parse(&file.text) {
        Ok(record) => record,
        Err(error) => return vec![format!("{error:#}")],
    };
    let mut complaints = Vec::new();
    if !page.text.contains(record.date()) {
        complaints.push(format!("{PAGE}: it does not name the day {}", record.date()));
    }
    for (database, heading) in CHAPTERS {
        let chapter = chapter(&page.text, heading);
        let mut tell = |what: String, told: &str| {
            if !chapter.contains(told) {
                complaints.push(format!("{PAGE}: the record has {told} for {what} on {database}"));
            }
        };
        for figure in FIGURES.iter().filter(|figure| figure.is_rate) {
            for (peer, value) in record.medians(figure, database) {
                tell(format!("{} of {peer}", figure.name), &shown(figure, value));
            }
        }
        for compared in record.compare_itself(database) {
            tell(
                format!("the ratio of {}", compared.figure.name),
                &format!("{:.2} ×", compared.ratio()),
            );
        }
    }
    complaints
}

/// The text from a heading to the next.
fn chapter<'a>(page: &'a str, heading: &str) -> &'a str {
    let after = page.split_once(heading).map_or("", |(_, after)| after);
    after.split_once("\n## ").map_or(after, |(chapter, _)| chapter)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = r#"{"metric": "run", "date": "2026-01-02"}
{"peer": "honker", "backend": "sqlite", "metric": "bulk", "rate": 1000.0}
{"peer": "longshore", "backend": "sqlite", "metric": "bulk", "rate": 2500.0}"#;

    fn complaints(page: &str) -> Vec<Complaint> {
        check(&Tree::of(&[(PAGE, page), (record::FILE, RECORD)]))
    }

    #[test]
    fn a_page_that_tells_other_figures_than_the_record_is_caught() {
        let good = "Of 2026-01-02.\n## SQLite\n| **2,500** |\n| honker | 1,000 |\n2.50 × (honker)\n## More";
        assert_eq!(complaints(good), Vec::<String>::new());
        let flattering = good.replace("2.50", "3.00").replace("| honker | 1,000", "| honker | 900");
        assert_eq!(
            complaints(&flattering),
            [
                "docs/benchmarks.md: the record has 1,000 for bulk enqueue/s of honker on sqlite",
                "docs/benchmarks.md: the record has 2.50 × for the ratio of bulk enqueue/s on sqlite",
            ]
        );
        assert_eq!(complaints(&good.replace("2026", "2027")).len(), 1);
    }
}
