//! What its owner changes about a job that waits.

use std::collections::BTreeMap;

use crate::{Label, Labels, Payload};

/// What to change about a job that does not run: whatever is not named here stays as it is.
///
/// ```
/// use longshore_core::{JobUpdate, Labels, Payload};
/// let update = JobUpdate {
///     payload: Some(Payload::parse(r#"{"to": "ada@example.com"}"#)?),
///     labels: [("size".into(), Some(3.into())), ("draft".into(), None)].into(),
/// };
/// let labels: Labels = [("draft".into(), 1.into()), ("customer".into(), "acme".into())].into();
/// let expected: Labels = [("customer".into(), "acme".into()), ("size".into(), 3.into())].into();
/// assert_eq!(update.labels_after(labels), expected);
/// # Ok::<(), longshore_core::Invalid>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobUpdate {
    /// What the handler gets from now on.
    pub payload: Option<Payload>,
    /// Labels by name: a value sets one, none takes it off.
    pub labels: BTreeMap<String, Option<Label>>,
}

impl JobUpdate {
    /// The labels of a job that had these.
    #[must_use]
    pub fn labels_after(&self, mut labels: Labels) -> Labels {
        for (name, label) in &self.labels {
            match label {
                Some(label) => labels.insert(name.clone(), label.clone()),
                None => labels.remove(name),
            };
        }
        labels
    }
}
