//! The statement that finds who must stay: its plan, and its agreement with the rule.

use std::sync::Arc;

use longshore_conformance::{Crew, job, witness::*};
use longshore_core::{JobId, NewJob, Outcome, Reason, Remains, State, Timestamp, Week};
use longshore_store::{Maintain, Operate, Rotated};
use sqlx::{AssertSqlSafe, Executor};

use crate::{
    rotations::{DAY, TABLES, a_day, found, last_week, later, now, week_of},
    server::Fresh,
    statements,
};

/// What a rotation may ask for the week of a job, with the parameters put in.
pub(crate) fn survivors_at(id: JobId, cutoff: Timestamp) -> String {
    let week = week_of(id);
    let [from, to] = ends(week);
    let cutoff = cutoff.format("'%Y-%m-%d %H:%M:%S%.6f'").to_string();
    let (f, t) = (from.as_str(), to.as_str());
    let all = [f, t, f, t, f, t, &cutoff, "100000"];
    let known = of_week(include_str!("../../sql/maintain/survivors.sql"), week, &all);
    let bare = of_week(include_str!("../../sql/maintain/bare.sql"), week, &["100000"]);
    // The first partition holds what is older, too.
    format!(
        "SELECT id FROM ({known}) AS known WHERE id >= {f} AND id < {t} \
         UNION SELECT id FROM ({bare}) AS bare WHERE id >= {f} AND id < {t}"
    )
}

/// Whether every job of a week has a place or a ledger, by counting.
async fn are_accounted_for(fresh: &Fresh, week: Week) -> bool {
    let [from, to] = ends(week);
    let asked = [from.as_str(), to.as_str()].repeat(3);
    let accounted = of_week(include_str!("../../sql/maintain/accounted.sql"), week, &asked);
    let jobs = of_week(include_str!("../../sql/maintain/week_jobs.sql"), week, &[]);
    let agree = format!(
        "SELECT it.jobs = jobs.jobs AND it.ids = jobs.ids FROM ({accounted}) AS it CROSS JOIN ({jobs}) AS jobs"
    );
    fresh.number(&agree).await == 1
}

fn of_week(text: &str, week: Week, parameters: &[&str]) -> String {
    let first = Week::of(now()).plus(-1);
    let partition = format!("PARTITION (`{}`)", week.max(first));
    statements::with(text, parameters).replace("PARTITION (catch_all)", &partition)
}

fn ends(week: Week) -> [String; 2] {
    let (from, to) = week.ids();
    [from, to].map(|id| format!("x'{}'", id.simple()))
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
    // As a rotation may leave it that was broken off: as many ledgers without a job.
    let ledger = format!(
        "INSERT INTO longshore_attempts (job_id, seq, at, attempt, state_before, state_after, reason) \
         VALUES (x'{}', 1, UTC_TIMESTAMP(6), 1, 2, 5, 5)",
        last_week().0.simple()
    );
    fresh.run(&ledger).await;
    assert!(!are_accounted_for(fresh, week).await, "one is held, although the numbers agree");
    let rotated = fresh.store.rotate_week(week, &a_day(), Some(later())).await.unwrap();
    assert_eq!(rotated, Rotated::Dropped { survivors: 5, rows: 3 });
}

/// The look of a rotation reads ids and ledger of one week, each by an index and without sorting.
pub(crate) async fn survivors_are_found_in_one_pass(fresh: &Fresh) {
    statements::fill(fresh).await;
    let id = JobId::new();
    let mut connection = statements::explaining(fresh).await;
    let partitions = if fresh.is_mariadb().await { "PARTITIONS" } else { "" };
    let text = format!("EXPLAIN {partitions} {}", survivors_at(id, now()));
    let rows = connection.fetch_all(AssertSqlSafe(text)).await.unwrap();
    let mut seen = Vec::new();
    for row in &rows {
        let text = |column| {
            let text: Option<String> = sqlx::Row::try_get_unchecked(row, column).unwrap();
            text.unwrap_or_default()
        };
        if ["last", "a", "j"].contains(&&*text("table")) {
            let step = [text("table"), text("key"), text("partitions"), text("Extra")];
            assert!(!step[3].contains("filesort") && !step[3].contains("temporary"), "{step:?}");
            seen.push(step);
        }
    }
    let week = week_of(id).to_string();
    // The ledger has no other index: a scan goes in the order of its key, too.
    assert_eq!((&*seen[0][0], &seen[0][2]), ("last", &week), "{seen:?}");
    assert_eq!((&*seen[1][0], &*seen[1][1]), ("a", "PRIMARY"), "{seen:?}");
    assert_eq!((&*seen[2][0], &*seen[2][1], &seen[2][2]), ("j", "jobs_by_event", &week));
    assert!(seen[2][3].contains("Using index"), "{seen:?}");
    assert_eq!((&*seen[3][0], &*seen[3][1]), ("a", "PRIMARY"), "{seen:?}");
}

/// I9: for every ledger of up to two rows, and every place, also those that no step of a job leads to.
pub(crate) async fn the_statements_agree_with_the_rule(fresh: &Fresh) {
    let cutoff: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    let around = [-1, 0, 1].map(|micros| cutoff + chrono::TimeDelta::microseconds(micros));
    let rows: Vec<_> = State::ALL.into_iter().flat_map(|it| around.map(|at| (it, at))).collect();
    let mut ledgers: Vec<Vec<(State, Timestamp)>> = vec![Vec::new()];
    ledgers.extend(rows.iter().map(|row| vec![*row]));
    ledgers.extend(rows.iter().flat_map(|one| rows.iter().map(|two| vec![*one, *two])));
    // Once in a week, once in the past.
    for time in [now() - 7 * DAY, now() - 1000 * DAY] {
        let (mut text, mut stay, mut go) = ("BEGIN;".to_owned(), Vec::new(), Vec::new());
        for place in [None, Some("queue"), Some("leases"), Some("dead")] {
            for ledger in &ledgers {
                let id = id_made_at(time);
                text += &stored(id, place, ledger);
                let remains = Remains { has_place: place.is_some(), last: ledger.last().copied() };
                if remains.may_go(cutoff) { &mut go } else { &mut stay }.push(id);
            }
        }
        fresh.run(&(text + "COMMIT")).await;
        assert_eq!((go.len(), stay.len()), (75, 2329));
        let survivors = survivors_at(stay[0], cutoff);
        let survivors = format!("SELECT COUNT(*) FROM ({survivors}) AS survivors");
        assert_eq!(fresh.number(&survivors).await as usize, stay.len());
        let retention = a_day();
        let then = Some(cutoff + retention.keep());
        if week_of(stay[0]) < Week::of(now()).plus(-2) {
            let gone = fresh.store.sweep(&retention, 10_000, then).await.unwrap();
            assert_eq!(gone as usize, go.len());
        } else {
            // By its clock the week is not over yet: what is aside is looked at by the same rule.
            for table in TABLES {
                fresh
                    .run(&format!(
                        "CREATE TABLE longshore_{table}_aside LIKE longshore_{table}; \
                         ALTER TABLE longshore_{table}_aside REMOVE PARTITIONING; \
                         ALTER TABLE longshore_{table} EXCHANGE PARTITION `{}` WITH TABLE longshore_{table}_aside",
                        week_of(stay[0])
                    ))
                    .await;
            }
            fresh.store.sweep(&retention, 10_000, then).await.unwrap();
        }
        assert_eq!(found(&fresh.store, &stay).await, vec![true; stay.len()]);
        assert_eq!(found(&fresh.store, &go).await, vec![false; go.len()]);
    }
}

fn stored(id: JobId, place: Option<&str>, ledger: &[(State, Timestamp)]) -> String {
    let id = format!("x'{}'", id.0.simple());
    let now = "UTC_TIMESTAMP(6)";
    let mut text = format!(
        "INSERT INTO longshore_jobs (id, tenant, queue, kind, payload, `rank`, run_at, max_attempts, first_state, created_at) \
         VALUES ({id}, 't', 'q', 'k', '{{}}', 5, {now}, 20, 2, {now});"
    );
    for (seq, (state, at)) in ledger.iter().enumerate() {
        text += &format!(
            "INSERT INTO longshore_attempts (job_id, seq, at, attempt, state_before, state_after, reason) \
             VALUES ({id}, {}, '{}', 1, 2, {}, 5);",
            seq + 1,
            at.format("%Y-%m-%d %H:%M:%S%.6f"),
            state.code()
        );
    }
    let common = format!("{id}, 'q', 't', 'k', 5, 1, 20, 1, 0");
    let columns = "id, queue, tenant, kind, `rank`, attempt, last_attempt, seq, flags";
    text += &match place {
        None => String::new(),
        Some("queue") => format!(
            "INSERT INTO longshore_queue ({columns}, due_at, crashes, waiting) VALUES ({common}, {now}, 0, 2);"
        ),
        Some("leases") => format!(
            "INSERT INTO longshore_leases ({columns}, due_at, crashes, waiting, worker_id, started_at, lease_until) \
             VALUES ({common}, {now}, 0, 2, {id}, {now}, {now});"
        ),
        Some(dead) => {
            format!("INSERT INTO longshore_{dead} ({columns}, at) VALUES ({common}, {now});")
        }
    };
    text
}
