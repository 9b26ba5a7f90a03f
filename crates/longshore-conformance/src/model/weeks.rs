//! The weeks of the model: nothing but the rule of [`Remains::may_go`], said once.

use std::collections::BTreeMap;

use longshore_core::{JobId, Remains, Retention, Timestamp, Week};
use longshore_store::{Rotated, WeekPlan, WeekRow};

use super::ground::{Entry, Ground, Place};

impl Entry {
    fn may_go(&self, cutoff: Timestamp) -> bool {
        let has_place = matches!(self.place, Place::Queue { .. } | Place::Lease(_) | Place::Dead);
        let last = self.ledger.last().map(|row| (row.after, row.at));
        Remains { has_place, last }.may_go(cutoff)
    }
}

fn week_of(id: JobId) -> Week {
    Week::of(id.time().unwrap_or(Timestamp::MAX_UTC))
}

impl Ground {
    pub(super) fn weeks(&self, retention: &Retention, now: Timestamp) -> Vec<WeekRow> {
        let mut weeks: BTreeMap<Week, (u64, u64)> = BTreeMap::new();
        for (id, entry) in &self.jobs {
            let (rows, survivors) = weeks.entry(week_of(*id)).or_default();
            *rows += 1;
            *survivors += u64::from(!entry.may_go(retention.cutoff(now)));
        }
        let row = |(week, (rows, survivors)): (Week, (u64, u64))| {
            let next = WeekPlan::of(week, Some(survivors), retention, now);
            WeekRow {
                name: week.to_string(),
                week: Some(week),
                from: Some(week.start()),
                to: Some(week.next().start()),
                rows: Some(rows),
                estimated: false,
                bytes: None,
                survivors: (!matches!(next, WeekPlan::Keep { .. })).then_some(survivors),
                next,
            }
        };
        weeks.into_iter().map(row).collect()
    }

    pub(super) fn rotate(&mut self, week: Week, retention: &Retention, now: Timestamp) -> Rotated {
        if week > retention.last_week(now) {
            return Rotated::TooYoung { until: retention.due(week) };
        }
        let cutoff = retention.cutoff(now);
        let (gone, survivors): (Vec<_>, Vec<_>) = (self.jobs.iter())
            .filter(|(id, _)| week_of(**id) == week)
            .partition(|(_, entry)| entry.may_go(cutoff));
        let (survivors, rows) = (survivors.len() as u64, gone.len() as u64);
        if survivors + rows == 0 {
            return Rotated::Absent;
        }
        let most = retention.most_survivors;
        if survivors > u64::from(most) {
            return Rotated::Kept { survivors, most };
        }
        let gone: Vec<_> = gone.into_iter().map(|(id, _)| *id).collect();
        for id in gone {
            self.jobs.remove(&id);
        }
        Rotated::Dropped { survivors, rows }
    }

    pub(super) fn sweep(&mut self, retention: &Retention, limit: u32, now: Timestamp) -> u64 {
        let cutoff = retention.cutoff(now);
        let going = self.jobs.iter().filter(|(_, entry)| entry.may_go(cutoff)).map(|(id, _)| *id);
        let gone: Vec<_> = going.take(limit as usize).collect();
        for id in &gone {
            self.jobs.remove(id);
        }
        gone.len() as u64
    }
}
