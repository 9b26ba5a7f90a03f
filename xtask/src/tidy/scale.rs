//! The page of scale and its pictures are what their record makes of them.

use super::benchmarks::difference;
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
    made.iter().filter_map(complaint).collect()
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
        assert_eq!(check(&Tree::of(&[(FILE, &record)])).len(), 1);
    }
}
