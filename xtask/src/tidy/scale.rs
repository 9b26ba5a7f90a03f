//! The page of scale and its pictures are what their record makes of them.

use super::benchmarks::{ABOUT_A_RUN, difference};
use super::{Complaint, Tree};
use crate::scale::{self, FILE, PAGE};

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    let (Some(page), Some(record)) = (tree.file(PAGE), tree.file(FILE)) else {
        return vec![format!("{PAGE} and its record {FILE} belong together")];
    };
    let made = match scale::made(&record.text, &page.text) {
        Ok(made) => made,
        Err(error) => return vec![format!("{error:#}")],
    };
    let complaint = |(path, made): &(&str, String)| {
        let found = tree.file(path).map_or("", |file| &file.text);
        difference(path, found, made, FILE, "cargo xtask scale --page")
    };
    let mut complaints: Vec<Complaint> = made.iter().filter_map(complaint).collect();
    let dates = page.text.split(ABOUT_A_RUN).skip(1).filter_map(|rest| rest.get(..10));
    let of_record = |date: &&str| record.text.contains(&format!("\"date\":\"{date}\""));
    complaints.extend(dates.filter(|date| !of_record(date)).map(|date| {
        format!("{PAGE}: remarks on the run of {date} stand beside a later one: see to them")
    }));
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_or_a_picture_that_tells_other_figures_than_the_record_is_caught() {
        let (record, empty) = scale::example();
        let made = scale::made(&record, &empty).unwrap();
        let complaints = |change: &dyn Fn(&str) -> String| {
            let changed: Vec<_> = made.iter().map(|(path, text)| (*path, change(text))).collect();
            let mut files: Vec<_> = changed.iter().map(|(path, text)| (*path, &**text)).collect();
            files.push((FILE, &record));
            check(&Tree::of(&files))
        };
        assert_eq!(complaints(&str::to_owned), Vec::<String>::new());
        let flattering =
            complaints(&|text| text.replace("40k", "90k").replace("40,000 →", "90,000 →"));
        assert_eq!(flattering.len(), 3, "{flattering:?}");
        assert!(flattering[0].starts_with("docs/scale.md:") && flattering[0].contains("--page"));
        let dated =
            |date| complaints(&|text| text.to_owned() + &format!("On the run of {date}: x."));
        let stale = dated("2025-01-02");
        assert!(
            stale.last().is_some_and(|it| it.contains("stand beside a later one")),
            "{stale:?}"
        );
        assert_eq!(dated("2026-01-02").len(), stale.len() - 1);
        assert_eq!(check(&Tree::of(&[(FILE, &record)])).len(), 1);
    }
}
