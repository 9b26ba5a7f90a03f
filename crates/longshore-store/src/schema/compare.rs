//! What a database remembers of its steps, compared with those that a program knows.

use crate::{SchemaStatus, SchemaStep};

/// A step that a database remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepFound {
    /// Its number.
    pub version: u32,
    /// Of the text that was applied.
    pub checksum: String,
    /// Whether all of it was. Where changes of tables are no transactions, a step may have broken off half way.
    pub is_complete: bool,
}

/// What a database holds of ours.
#[derive(Clone, Debug, Default)]
pub struct SchemaFound {
    /// The steps that it remembers, in order. Empty without a record of them.
    pub steps: Vec<StepFound>,
    /// The tables that are there, besides that record.
    pub there: Vec<String>,
    /// The tables that the newest version has and that are not there.
    pub missing: Vec<String>,
    /// How somebody gives Longshore tables that are only its own, said to whoever has others of these names.
    pub elsewhere: &'static str,
}

impl SchemaFound {
    /// What is to be done with a database that holds this, by a program that knows these steps.
    ///
    /// One version ahead is a program that is being rolled out; more is another product. A step that broke
    /// off half way counts as missing: whoever migrates goes on with it. Tables that the record does not tell
    /// of, or that are gone, no migration would mend.
    ///
    /// ```
    /// use longshore_store::{SchemaFound, SchemaStatus, SchemaStep};
    ///
    /// let steps = [SchemaStep { version: 1, title: "tables", text: "CREATE TABLE a (b INT);\n" }];
    /// let empty = SchemaFound::default();
    /// let pending = SchemaStatus::Pending { version: 0, steps: vec!["0001_tables".into()] };
    /// assert_eq!(empty.status(&steps), pending);
    /// ```
    #[must_use]
    pub fn status(&self, known: &[SchemaStep]) -> SchemaStatus {
        match self.compare(known) {
            SchemaStatus::Pending { version: 0, .. }
                if self.steps.is_empty() && !self.there.is_empty() =>
            {
                let problem = format!(
                    "there are tables ({}) but no table `migrations` tells of the steps that made them: \
                     restore it from a backup, or {}",
                    self.there.join(", "),
                    self.elsewhere
                );
                SchemaStatus::Unknown { version: 0, problem }
            }
            SchemaStatus::Current { version } if !self.missing.is_empty() => {
                let problem = format!(
                    "every step was applied, but tables are missing ({}): restore them from a backup, or \
                     grant this user the right to see them",
                    self.missing.join(", ")
                );
                SchemaStatus::Unknown { version, problem }
            }
            status => status,
        }
    }

    fn compare(&self, known: &[SchemaStep]) -> SchemaStatus {
        let half = self.steps.iter().filter(|one| !one.is_complete).map(|one| one.version).min();
        let last = self.steps.last().map_or(0, |one| one.version);
        let version = half.map_or(last, |half| half.saturating_sub(1));
        let newest = known.last().map_or(0, |step| step.version);
        if let Some(problem) = self.unlike(known, last) {
            return SchemaStatus::Unknown { version, problem };
        }
        if half.is_some_and(|half| half > newest) {
            let problem = "a newer program is at work on it, or broke off half way".into();
            return SchemaStatus::Unknown { version, problem };
        }
        match version.checked_sub(newest) {
            Some(0) => SchemaStatus::Current { version },
            Some(1) => SchemaStatus::Newer { version },
            Some(ahead) => {
                let problem = format!(
                    "it is {ahead} versions newer than this program, which knows version {newest}"
                );
                SchemaStatus::Unknown { version, problem }
            }
            None => {
                let missing = known.iter().filter(|step| step.version > version);
                SchemaStatus::Pending { version, steps: missing.map(SchemaStep::name).collect() }
            }
        }
    }

    /// The first of the steps up to `last` that is not as the program knows it.
    fn unlike(&self, known: &[SchemaStep], last: u32) -> Option<String> {
        known.iter().take_while(|step| step.version <= last).find_map(|step| {
            match self.steps.iter().find(|one| one.version == step.version) {
                None => Some(format!("step {} is missing from the middle", step.name())),
                Some(one) if one.checksum != step.checksum() => {
                    Some(format!("step {} was applied with another text", step.name()))
                }
                Some(_) => None,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [SchemaStep; 2] = [
        SchemaStep { version: 1, title: "tables", text: "CREATE TABLE a (b INT);\n" },
        SchemaStep { version: 2, title: "more", text: "CREATE TABLE c (d INT);\n" },
    ];

    fn applied(upto: u32) -> SchemaFound {
        let checksum = |version| {
            let step = KNOWN.iter().find(|step| step.version == version);
            step.map_or_else(|| "from the future".into(), SchemaStep::checksum)
        };
        let one = |version| StepFound { version, checksum: checksum(version), is_complete: true };
        SchemaFound { steps: (1..=upto).map(one).collect(), ..SchemaFound::default() }
    }

    #[test]
    fn the_next_version_is_worked_with_and_a_later_one_is_not() {
        let status = |upto| applied(upto).status(&KNOWN);
        let pending = |version, steps: &[&str]| SchemaStatus::Pending {
            version,
            steps: steps.iter().map(|step| (*step).to_owned()).collect(),
        };
        assert_eq!(status(0), pending(0, &["0001_tables", "0002_more"]));
        assert_eq!(status(1), pending(1, &["0002_more"]));
        assert_eq!(status(2), SchemaStatus::Current { version: 2 });
        assert_eq!(status(3), SchemaStatus::Newer { version: 3 });
        assert!(matches!(status(4), SchemaStatus::Unknown { version: 4, .. }));
        assert!(status(3).usable().is_ok() && status(1).usable().is_err());
        assert!(status(1).known().is_ok() && status(4).known().is_err());
    }

    #[test]
    fn a_changed_step_and_a_gap_are_noticed() {
        let mut changed = applied(2);
        changed.steps[0].checksum = "other".into();
        let mut gap = applied(2);
        gap.steps.remove(0);
        for found in [changed, gap] {
            let SchemaStatus::Unknown { problem, .. } = found.status(&KNOWN) else {
                panic!("{found:?}")
            };
            assert!(problem.contains("0001_tables"), "{problem}");
        }
    }

    #[test]
    fn a_step_that_broke_off_is_missing() {
        let half = |version: u32| {
            let mut found = applied(version);
            found.steps.last_mut().unwrap().is_complete = false;
            found.status(&KNOWN)
        };
        assert!(matches!(half(1), SchemaStatus::Pending { version: 0, .. }));
        assert!(matches!(half(2), SchemaStatus::Pending { version: 1, .. }));
        assert!(matches!(half(3), SchemaStatus::Unknown { .. }));
    }

    #[test]
    fn tables_that_no_step_made_and_tables_that_are_gone_are_left_to_people() {
        let there = vec!["jobs".to_owned()];
        let strange = SchemaFound { there: there.clone(), elsewhere: "move", ..applied(0) };
        let gone = SchemaFound { missing: there, ..applied(2) };
        for found in [strange, gone] {
            let SchemaStatus::Unknown { problem, .. } = found.status(&KNOWN) else {
                panic!("{found:?}")
            };
            assert!(problem.contains("jobs"), "{problem}");
        }
    }
}
