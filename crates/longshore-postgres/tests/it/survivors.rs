//! The statements that find who must stay: their plans, and their agreement with the rule.

use std::sync::Arc;

use longshore_conformance::{Crew, job, witness::*};
use longshore_core::{JobId, NewJob, Outcome, Reason, Remains, State, Timestamp, Week};
use longshore_store::{Maintain, Operate, Rotated};
use sqlx::AssertSqlSafe;

use crate::{
    rotations::{DAY, a_day, found, last_week, later, now, week_of},
    server::Fresh,
};

/// What a rotation may ask for a week, with the parameters put in.
pub(crate) fn survivors_at(week: Week, cutoff: Timestamp) -> String {
    let known = with(include_str!("../../sql/maintain/survivors.sql"), week)
        .replace("$3", &format!("'{}'", cutoff.to_rfc3339()))
        .replace("$4", "100000");
    let bare = with(include_str!("../../sql/maintain/bare.sql"), week).replace("$3", "100000");
    format!("SELECT count(*) FROM (({known}) UNION ({bare})) AS survivors")
}

/// Whether every job of a week has a place or a ledger, by counting.
async fn are_accounted_for(fresh: &Fresh, week: Week) -> bool {
    let asked = with(include_str!("../../sql/maintain/accounted.sql"), week);
    fresh.number(&format!("SELECT agree::int::int8 FROM ({asked}) AS it")).await == 1
}

fn with(statement: &str, week: Week) -> String {
    let (from, to) = week.ids();
    statement.replace("$1", &format!("'{from}'")).replace("$2", &format!("'{to}'"))
}

/// Counting tells whether any job must be looked for that has neither: then it is found.
pub(crate) async fn a_count_tells_whether_every_job_is_accounted_for(fresh: &Fresh) {
    let week = week_of(last_week());
    let crew = Crew::of(Arc::new(fresh.store.clone()));
    assert!(are_accounted_for(fresh, week).await, "no jobs at all");
    let of_week = || NewJob { id: last_week(), ..job() };
    for outcome in [Outcome::Completed, Outcome::Discarded(Reason::Discarded), Outcome::Completed] {
        crew.live_through(&of_week(), outcome).await;
    }
    for _ in 0..2 {
        enqueue(&fresh.store, &of_week()).await;
    }
    crew.take_one().await;
    let called_off = enqueue(&fresh.store, &of_week()).await;
    fresh.store.cancel(&[called_off]).await.unwrap();
    assert!(are_accounted_for(fresh, week).await, "each has a place or a ledger");

    let held = [(); 2].map(|()| NewJob { held: true, ..of_week() });
    for job in &held {
        enqueue(&fresh.store, job).await;
    }
    assert!(!are_accounted_for(fresh, week).await, "two are held");
    fresh.store.release(&[held[0].id]).await.unwrap();
    assert!(!are_accounted_for(fresh, week).await, "one is held");
    let rotated = fresh.store.rotate_week(week, &a_day(), Some(later())).await.unwrap();
    assert_eq!(rotated, Rotated::Dropped { survivors: 5, rows: 3 });
}

/// The look of a rotation reads ids and ledger in the order of their keys: no look-up for each job.
pub(crate) async fn survivors_are_found_in_one_pass(fresh: &Fresh) {
    let week = Week::of(now());
    let mut connection = fresh.connection().await;
    let explain = fresh.text(&format!("EXPLAIN {}", survivors_at(week, now())));
    let rows = sqlx::query(AssertSqlSafe(explain)).fetch_all(&mut connection).await.unwrap();
    let plan: Vec<String> = rows.iter().map(|row| sqlx::Row::get(row, 0)).collect();
    let plan = plan.join("\n");
    assert!(
        plan.contains(&format!("attempts_{week}")) && plan.contains(&format!("jobs_{week}")),
        "{plan}"
    );
    let others = [week.plus(1), week.plus(-1)].map(|week| format!("_{week}"));
    assert!(
        !others.iter().any(|other| plan.contains(other)) && !plan.contains("_default"),
        "{plan}"
    );
}

/// I9: for every ledger of up to two rows, and every place, also those that no step of a job leads to.
pub(crate) async fn the_statements_agree_with_the_rule(fresh: &Fresh) {
    let cutoff: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    let around = [-1, 0, 1].map(|micros| cutoff + chrono::TimeDelta::microseconds(micros));
    let rows: Vec<_> = State::ALL.into_iter().flat_map(|it| around.map(|at| (it, at))).collect();
    let mut ledgers: Vec<Vec<(State, Timestamp)>> = vec![Vec::new()];
    ledgers.extend(rows.iter().map(|row| vec![*row]));
    ledgers.extend(rows.iter().flat_map(|one| rows.iter().map(|two| vec![*one, *two])));
    // Once in a week, once in the catch-all.
    for time in [now() - 7 * DAY, now() - 1000 * DAY] {
        let (mut text, mut stay, mut go) = (String::new(), Vec::new(), Vec::new());
        for place in [None, Some("queue"), Some("leases"), Some("dead")] {
            for ledger in &ledgers {
                let id = id_made_at(time);
                text += &stored(id, place, ledger);
                let remains = Remains { has_place: place.is_some(), last: ledger.last().copied() };
                if remains.may_go(cutoff) { &mut go } else { &mut stay }.push(id);
            }
        }
        fresh.run(&text).await;
        assert_eq!((go.len(), stay.len()), (75, 2329));
        let survivors = fresh.number(&survivors_at(Week::of(time), cutoff)).await;
        assert_eq!(survivors as usize, stay.len());
        if Week::of(time) < Week::of(now()).plus(-2) {
            let retention = a_day();
            let then = Some(cutoff + retention.keep());
            let gone = fresh.store.sweep(&retention, 10_000, then).await.unwrap();
            assert_eq!(gone as usize, go.len());
            assert_eq!(found(&fresh.store, &stay).await, vec![true; stay.len()]);
            assert_eq!(found(&fresh.store, &go).await, vec![false; go.len()]);
        }
    }
}

fn stored(id: JobId, place: Option<&str>, ledger: &[(State, Timestamp)]) -> String {
    let mut text = format!(
        "INSERT INTO longshore.jobs (id, tenant, queue, kind, payload, rank, run_at, max_attempts, first_state, created_at) \
         VALUES ('{id}', 't', 'q', 'k', '{{}}', 5, now(), 20, 2, now());"
    );
    for (seq, (state, at)) in ledger.iter().enumerate() {
        text += &format!(
            "INSERT INTO longshore.attempts (job_id, seq, at, attempt, state_before, state_after, reason) \
             VALUES ('{id}', {}, '{}', 1, 2, {}, 5);",
            seq + 1,
            at.to_rfc3339(),
            state.code()
        );
    }
    let common = format!("'{id}', 'q', 't', 'k', 5, 1, 20, 1, 0");
    text += &match place {
        None => String::new(),
        Some("queue") => format!(
            "INSERT INTO longshore.queue (id, queue, tenant, kind, rank, attempt, last_attempt, seq, flags, due_at, crashes, waiting) \
             VALUES ({common}, now(), 0, 2);"
        ),
        Some("leases") => format!(
            "INSERT INTO longshore.leases (id, queue, tenant, kind, rank, attempt, last_attempt, seq, flags, due_at, crashes, \
             waiting, worker_id, started_at, lease_until) VALUES ({common}, now(), 0, 2, '{id}', now(), now());"
        ),
        Some(dead) => format!(
            "INSERT INTO longshore.{dead} (id, queue, tenant, kind, rank, attempt, last_attempt, seq, flags, at) VALUES ({common}, now());"
        ),
    };
    text
}
