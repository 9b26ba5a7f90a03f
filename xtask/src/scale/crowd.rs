//! How much dearer a call gets for the server when several processes make such calls at once.

/// Factors by the number of processes, in this order; none are as good as 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Crowd(Vec<(f64, f64)>);

impl Crowd {
    /// From what a job costs with so many processes. One alone is what the others are compared with.
    pub(super) fn of(costs: &[(u64, f64)]) -> Self {
        let Some((_, alone)) = costs.iter().find(|(processes, _)| *processes == 1) else {
            return Self::default();
        };
        let factor = |(processes, cost): &(u64, f64)| (*processes as f64, cost / alone);
        Self(costs.iter().map(factor).collect())
    }

    /// Among so many. Between two measurements, and beyond the last one, along a line: beyond, along the one that leads
    /// from one process to the last measurement.
    pub(super) fn factor(&self, processes: u64) -> f64 {
        let processes = processes as f64;
        let next = self.0.iter().position(|(measured, _)| *measured >= processes);
        let (from, to) = match (next, self.0.first(), self.0.last()) {
            (Some(0), Some(first), _) => return first.1,
            (Some(next), ..) => (self.0[next - 1], self.0[next]),
            (None, Some(first), Some(last)) if self.0.len() > 1 => (*first, *last),
            _ => return 1.0,
        };
        to.1 + (to.1 - from.1) * (processes - to.0) / (to.0 - from.0)
    }

    /// What was measured.
    pub(super) fn factors(&self) -> &[(f64, f64)] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_lie_on_lines_between_measurements_and_beyond() {
        let crowd = Crowd::of(&[(1, 10.0), (2, 12.0), (4, 13.0), (8, 17.0)]);
        let factors = [1, 2, 3, 4, 6, 8, 15].map(|it| (crowd.factor(it) * 100.0).round() / 100.0);
        assert_eq!(factors, [1.0, 1.2, 1.25, 1.3, 1.5, 1.7, 2.4]);
        assert_eq!(crowd.factors().len(), 4);
    }

    #[test]
    fn without_measurements_nobody_is_in_the_way() {
        for crowd in [Crowd::default(), Crowd::of(&[(2, 3.0)]), Crowd::of(&[(1, 3.0)])] {
            assert_eq!(crowd.factor(1), 1.0);
            assert_eq!(crowd.factor(8), 1.0);
        }
    }
}
