//! Counts what a call brought, group by group, so that each series is touched once a call.

/// How often each thing was noted.
pub(crate) struct Tally<T>(Vec<T>);

impl<T: Copy + Ord> Tally<T> {
    pub(crate) fn of(things: impl Iterator<Item = T>) -> Self {
        Self(things.collect())
    }

    /// Each thing with its number.
    pub(crate) fn each(mut self, mut note: impl FnMut(T, u64)) {
        self.0.sort_unstable();
        for equal in self.0.chunk_by(|one, other| one == other) {
            note(equal[0], equal.len() as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_things_are_noted_together() {
        let mut noted = Vec::new();
        Tally::of([3, 1, 3, 3].into_iter()).each(|thing, times| noted.push((thing, times)));
        assert_eq!(noted, [(1, 1), (3, 3)]);
    }
}
