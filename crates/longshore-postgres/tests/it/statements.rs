//! The statements themselves: that each can be prepared, and that the hot ones keep their plans.

use std::{fs, path::Path};

use longshore_core::{Due, JobId, NewJob, Timestamp};
use longshore_store::Produce;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row, SqlSafeStr};

use crate::server::Fresh;

/// How the store's own working connections are set.
const PINNED: &str = "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; \
                      SET enable_mergejoin = off; SET jit = off; SET plan_cache_mode = force_generic_plan";

pub(crate) async fn every_statement_can_be_prepared(fresh: &Fresh) {
    let mut connection = fresh.connection().await;
    let mut prepared = 0;
    for role in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("sql")).unwrap() {
        for file in fs::read_dir(role.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let text = fresh.text(&fs::read_to_string(&path).unwrap());
            let answer = connection.prepare(AssertSqlSafe(text).into_sql_str()).await;
            answer.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            prepared += 1;
        }
    }
    assert!(prepared > 25, "only {prepared} statements were found");
}

pub(crate) async fn a_claim_walks_its_index_in_order(fresh: &Fresh) {
    fill(fresh).await;
    let plan = plan(
        fresh,
        "claim",
        include_str!("../../sql/consume/claim.sql"),
        "'{default}', '{default}', '{5}', '{1970-01-01}', '{00000000-0000-0000-0000-000000000000}', '{100}', \
         '{unload}', 100, '00000000-0000-0000-0000-000000000001', 30000000, NULL",
    )
    .await;
    assert!(plan.contains("Index Scan using queue_in_order on queue q"), "{plan}");
    assert!(plan.contains("Tid Scan on queue"), "{plan}");
    for bad in ["Seq Scan", "Sort", "Hash"] {
        assert!(!plan.contains(bad), "{bad} in {plan}");
    }
}

pub(crate) async fn a_finish_reads_neither_jobs_nor_ledger(fresh: &Fresh) {
    fill(fresh).await;
    let plan = plan(
        fresh,
        "finish",
        include_str!("../../sql/consume/finish.sql"),
        "'{00000000-0000-0000-0000-000000000001}', '{1}', '{5}', '{5}', '{}', '{}', '{}', '{}', '{}', '{}', NULL",
    )
    .await;
    assert!(plan.contains("uniques_by_job"), "{plan}");
    for bad in ["Seq Scan", "Scan on attempts", "Scan on jobs"] {
        assert!(!plan.contains(bad), "{bad} in {plan}");
    }
}

/// Statistics may say that there are no leases when there are thousands: they were vacuumed in a quiet moment.
pub(crate) async fn leases_are_found_by_their_key_whatever_the_statistics_say(fresh: &Fresh) {
    fill(fresh).await;
    fresh
        .run("UPDATE pg_class SET relpages = 10, reltuples = 0 WHERE oid = 'longshore.leases'::regclass")
        .await;
    let (id, worker) =
        ("00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002");
    let fence = format!("'{{{id}}}', '{{1}}'");
    for (name, text, arguments) in [
        (
            "finish",
            include_str!("../../sql/consume/finish.sql"),
            format!(
                "{fence}, '{{5}}', '{{5}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', NULL"
            ),
        ),
        (
            "finish_plain",
            include_str!("../../sql/consume/finish_plain.sql"),
            format!("{fence}, 5, NULL"),
        ),
        (
            "heartbeat",
            include_str!("../../sql/consume/heartbeat.sql"),
            format!("'{worker}', '{{}}', NULL, 30000000, {fence}, '{{}}'"),
        ),
        (
            "request_cancel",
            include_str!("../../sql/operate/request_cancel.sql"),
            format!("'{{{id}}}'"),
        ),
    ] {
        let plan = plan(fresh, name, text, &arguments).await;
        let by_key = plan.lines().skip_while(|line| !line.contains("using leases_pkey on leases"));
        let condition = by_key.take(2).any(|line| line.contains("Index Cond: (id = ANY ("));
        assert!(condition, "{name}: {plan}");
        for bad in ["Nested Loop", "Seq Scan", "Join Filter"] {
            assert!(!plan.contains(bad), "{name}: {bad} in {plan}");
        }
    }
}

pub(crate) async fn the_next_due_time_is_the_first_of_an_index(fresh: &Fresh) {
    fill(fresh).await;
    let next_due = include_str!("../../sql/consume/next_due.sql");
    let lane = "'{default}', '{default}', '{5}', '{unload}'";
    let plan = plan(fresh, "next_due", next_due, lane).await;
    assert!(plan.contains("using queue_in_order on queue q"), "{plan}");
    for bad in ["Seq Scan", "Sort", "Hash"] {
        assert!(!plan.contains(bad), "{bad} in {plan}");
    }
}

pub(crate) async fn siblings_are_found_by_their_index(fresh: &Fresh) {
    fill(fresh).await;
    let siblings = include_str!("../../sql/consume/siblings.sql");
    let plan = plan(fresh, "siblings", siblings, "'{default}', '{order-7}'").await;
    assert!(plan.contains("correlation_id_idx on jobs_"), "{plan}");
    assert!(plan.contains("Index Scan using queue_by_id on queue"), "{plan}");
    for bad in ["Seq Scan", "Sort", "Hash", "Merge"] {
        assert!(!plan.contains(bad), "{bad} in {plan}");
    }
}

pub(crate) async fn a_heartbeat_goes_by_the_key_of_the_leases(fresh: &Fresh) {
    fill(fresh).await;
    let plan = plan(
        fresh,
        "heartbeat",
        include_str!("../../sql/consume/heartbeat.sql"),
        "'00000000-0000-0000-0000-000000000001', '{}', NULL, 30000000, \
         '{00000000-0000-0000-0000-000000000001}', '{1}', '{}'",
    )
    .await;
    assert!(plan.contains("Index Scan using leases_pkey on leases"), "{plan}");
    assert!(!plan.contains("Seq Scan"), "{plan}");
}

/// Finds jobs by id without a visit to the partitions of other weeks, with the planner as it comes.
pub(crate) async fn a_look_up_by_id_visits_one_week(fresh: &Fresh) {
    fill(fresh).await;
    let id = JobId::new();
    fresh.store.enqueue(&[NewJob { id, ..NewJob::of_kind("unload") }]).await.unwrap();
    let mut connection = fresh.connection().await;
    let text = fresh
        .text(include_str!("../../sql/inspect/settled.sql"))
        .replace("$1", &format!("'{{{id}}}'"));
    let explain = format!("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) {text}");
    let plan = lines(&mut connection, explain).await;
    let visited =
        plan.lines().filter(|line| line.contains("on jobs_") && !line.contains("never executed"));
    assert_eq!(visited.count(), 1, "{plan}");
}

/// Enough jobs, in two weeks, for the planner to have a choice.
async fn fill(fresh: &Fresh) {
    let old: Timestamp = Timestamp::from(std::time::SystemTime::now()) - chrono::Duration::weeks(1);
    let millis = u128::try_from(old.timestamp_millis()).unwrap();
    for week in 0..2u128 {
        let job = |n: u128| NewJob {
            id: JobId(uuid::Uuid::from_u128(((millis + week * 604_800_000) << 80) | n)),
            due: Due::In(std::time::Duration::from_secs(3600)),
            ..NewJob::of_kind("unload")
        };
        fresh.store.enqueue(&(0..1000).map(job).collect::<Vec<_>>()).await.unwrap();
    }
    fresh.run("ANALYZE longshore.queue; ANALYZE longshore.jobs").await;
}

/// The plan that is used for any parameters, on a connection that is set as the store's own.
async fn plan(fresh: &Fresh, name: &str, text: &str, arguments: &str) -> String {
    let mut connection = fresh.connection().await;
    let prepare = format!("{PINNED}; PREPARE {name} AS {}", fresh.text(text));
    sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut connection).await.unwrap();
    let plan =
        lines(&mut connection, format!("EXPLAIN (COSTS OFF) EXECUTE {name} ({arguments})")).await;
    connection.close().await.unwrap();
    plan
}

async fn lines(connection: &mut PgConnection, explain: String) -> String {
    let rows = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(connection).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>().join("\n")
}
