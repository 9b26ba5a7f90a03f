//! The statements themselves: that each can be prepared, and that the hot ones keep their plans.

use std::{fs, path::Path, sync::Arc};

use longshore_conformance::Crew;
use longshore_core::{Due, JobId, NewJob, Timestamp};
use longshore_store::Produce;
use sqlx::{AssertSqlSafe, Executor, MySqlConnection, Row, SqlSafeStr, mysql::MySqlRow};

use crate::server::Fresh;

const ID: &str = "'[\"00000000000000000000000000000001\"]'";
const IDS: &str = "x'00000000000000000000000000000001', x'00000000000000000000000000000002', \
                   x'00000000000000000000000000000003'";
const ROW: &str = "'[[\"00000000000000000000000000000001\",1,1,2]]'";
const PLACE: &str = "'[[\"default\",\"default\",5,\"2026-11-22 00:00:00.000000\",\"00000000000000000000000000000001\"]]'";
const NOW: &str = "'2026-11-22 00:00:00.000000'";

/// Every statement that runs for each batch or each call, with parameters, and the table that it must
/// reach by an index: nothing of a hot statement is scanned, sorted or kept in between.
const HOT: [(&str, &[&str], &str, &str); 36] = [
    ("produce/stored", &[ID], "j", "PRIMARY"),
    ("produce/look_for_keys", &["'[[\"t\",\"k\"]]'", NOW], "u", "PRIMARY"),
    ("produce/key_holders", &["'[[\"t\",\"k\"]]'"], "u", "PRIMARY"),
    ("consume/lanes", &["'[\"default\"]'", "'[\"default\"]'"], "l", "PRIMARY"),
    ("consume/probe", &["'[[\"default\",\"default\",5]]'", NOW], "q", "PRIMARY"),
    ("consume/claim", CLAIM, "q", "PRIMARY"),
    (
        "consume/next_due",
        &["x'00756e6c6f616400'", "'[[\"default\",\"default\",5]]'"],
        "q",
        "PRIMARY",
    ),
    ("consume/siblings", &["'[[\"default\",\"order-7\"]]'"], "j", "jobs_by_correlation"),
    ("consume/siblings", &["'[[\"default\",\"order-7\"]]'"], "q", "queue_by_id"),
    ("consume/lock_siblings", &[PLACE], "q", "PRIMARY"),
    ("consume/lease", &["'w'", NOW, NOW, IDS], "q", "queue_by_id"),
    ("consume/claim", CLAIM, "j", "PRIMARY"),
    ("consume/lease_lane", LEASE_LANE, "q", "PRIMARY"),
    ("consume/take", &[IDS], "q", "queue_by_id"),
    ("consume/fences", &[IDS], "l", "PRIMARY"),
    ("consume/ledger", &[NOW, ROW], "l", "PRIMARY"),
    ("consume/ledger_alike", &["5", "5", NOW, IDS], "l", "PRIMARY"),
    ("consume/again", &[ROW], "l", "PRIMARY"),
    ("consume/bury", &[NOW, ROW], "l", "PRIMARY"),
    ("consume/ledger_unseen", &["5", "5", NOW, "1", IDS], "l", "PRIMARY"),
    ("consume/close", &[IDS], "l", "PRIMARY"),
    ("consume/free_keys", &[ID], "u", "uniques_by_job"),
    ("consume/renew", &[ROW, NOW], "l", "PRIMARY"),
    ("inspect/settled", &[ID], "j", "PRIMARY"),
    ("inspect/settled", &[ID], "q", "queue_by_id"),
    ("inspect/settled", &[ID], "a", "PRIMARY"),
    ("operate/standings", &[ID], "d", "PRIMARY"),
    ("operate/lock_waiting", &[ROW], "q", "queue_by_id"),
    ("maintain/lock_expired", &[ID, NOW], "l", "PRIMARY"),
    ("maintain/passing", PASSING, "longshore_jobs", "PRIMARY"),
    ("maintain/passing", PASSING, "a", "PRIMARY"),
    ("maintain/passing", PASSING, "q", "queue_by_id"),
    ("maintain/passing", PASSING, "d", "PRIMARY"),
    ("maintain/let_go", &[ID], "j", "PRIMARY"),
    ("maintain/let_go_ledger", &[ID], "a", "PRIMARY"),
    ("maintain/let_go_results", &[ID], "r", "PRIMARY"),
];

/// Ids in one list, at most.
const LONGEST_LIST: usize = 1024;

const CLAIM: &[&str] = &[
    "'default'",
    "'default'",
    "5",
    "'1970-01-01 00:00:00'",
    NOW,
    "'1970-01-01 00:00:00'",
    "x'00000000000000000000000000000000'",
    "x'00756e6c6f616400'",
    "100",
];

const LEASE_LANE_OF: &[&str] = &["'w'", NOW, NOW, "'default'", "'default'", "5", NOW, NOW];
const LEASE_LANE: &[&str] = &["'w'", NOW, NOW, "'default'", "'default'", "5", NOW, NOW, IDS];

const PASSING: &[&str] = &[NOW, AMIDST, "x'02000000000000000000000000000000'", "1000"];
/// The place of an id amidst a week.
const AMIDST: &str = "(an id amidst a week)";

pub(crate) async fn every_statement_can_be_prepared(fresh: &Fresh) {
    let mut connection = fresh.connection().await;
    let mut prepared = 0;
    for role in fs::read_dir(folder()).unwrap() {
        for file in fs::read_dir(role.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let answer = connection.prepare(AssertSqlSafe(text).into_sql_str()).await;
            answer.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            prepared += 1;
        }
    }
    assert!(prepared > 40, "only {prepared} statements were found");
}

/// Also while the tables are empty: then a scan looks cheap, and would lock everybody's rows later.
pub(crate) async fn hot_statements_keep_to_their_indexes(fresh: &Fresh) {
    let mut connection = explaining(fresh).await;
    let mut amidst = JobId::new();
    for filled in [false, true] {
        if filled {
            amidst = fill(fresh).await;
        }
        let amidst = format!("x'{}'", amidst.0.simple());
        for (file, parameters, table, key) in HOT {
            let put = |it: &&'static str| if *it == AMIDST { amidst.as_str() } else { *it };
            let parameters: Vec<&str> = parameters.iter().map(put).collect();
            let plan = plan(&mut connection, file, &parameters).await;
            let step = plan.iter().find(|step| step.table == table);
            let step = step.unwrap_or_else(|| panic!("{file}: no {table} in {plan:?}"));
            assert_eq!(step.key.as_deref(), Some(key), "{file}, filled: {filled}: {plan:?}");
            let by_key = ["const", "eq_ref", "ref", "range"].contains(&step.access.as_str());
            // Along the key of an empty table MySQL walks from its beginning; this one locks nothing there.
            let walks = !filled && file == "maintain/passing" && step.access == "index";
            assert!(by_key || walks, "{file}, filled: {filled}: {plan:?}");
            for step in &plan {
                let extra = &step.extra;
                assert!(!extra.contains("filesort"), "{file}, filled: {filled}: {plan:?}");
                // What JSON_TABLE gives is a temporary table by nature.
                let between = extra.contains("Using temporary") && !extra.contains("able function");
                assert!(!between, "{file}, filled: {filled}: {plan:?}");
            }
        }
    }
}

/// However long the list is, and also where a table has no more rows than are asked for: a scan would wait
/// for everybody's rows. (Of lists of a thousand values that are no parameters MariaDB makes a subquery.)
pub(crate) async fn lists_of_any_length_keep_to_their_indexes(fresh: &Fresh) {
    let mut connection = explaining(fresh).await;
    let crew = Crew::of(Arc::new(fresh.store.clone()));
    for jobs in [0, 20, 2000] {
        let new = |_| NewJob::of_kind(longshore_conformance::KIND);
        fresh.store.enqueue(&(0..jobs).map(new).collect::<Vec<_>>()).await.unwrap();
        let taken = crew.take(jobs / 2).await;
        fresh.run("ANALYZE TABLE longshore_queue, longshore_jobs, longshore_leases").await;
        for length in [2, 16, 64, 256, LONGEST_LIST] {
            let ids = taken.iter().map(|job| job.id).chain(std::iter::repeat_with(JobId::new));
            let ids: Vec<JobId> = ids.take(length).collect();
            for (file, first, table, key) in LISTED {
                let plan = plan_of_list(&mut connection, file, first, &ids).await;
                let told = format!("{file}, {jobs} jobs, {length} ids: {plan:?}");
                // (Where an insert goes to is no step.)
                let steps: Vec<_> =
                    plan.iter().filter(|it| !it.table.starts_with("longshore_")).collect();
                let [step] = steps[..] else { panic!("{told}") };
                assert_eq!((&*step.table, step.key.as_deref()), (table, Some(key)), "{told}");
                assert!(step.access == "range" && !step.extra.contains("filesort"), "{told}");
            }
        }
    }
}

/// The statements that take lists, and their parameters before the list.
const LISTED: [(&str, &[&str], &str, &str); 7] = [
    ("consume/lease", &["'w'", NOW, NOW], "q", "queue_by_id"),
    ("consume/lease_lane", LEASE_LANE_OF, "q", "PRIMARY"),
    ("consume/take", &[], "q", "queue_by_id"),
    ("consume/fences", &[], "l", "PRIMARY"),
    ("consume/ledger_alike", &["5", "5", NOW], "l", "PRIMARY"),
    ("consume/ledger_unseen", &["5", "5", NOW, "1"], "l", "PRIMARY"),
    ("consume/close", &[], "l", "PRIMARY"),
];

/// The plan of a list of parameters, which may be another than that of a list of values.
async fn plan_of_list(
    connection: &mut MySqlConnection,
    file: &str,
    first: &[&str],
    ids: &[JobId],
) -> Vec<Planned> {
    let text = fs::read_to_string(folder().join(file).with_extension("sql")).unwrap();
    let places = vec!["?"; ids.len()].join(", ");
    let text = format!("EXPLAIN {}", with(&text, &[first, &[&places]].concat()));
    let question = sqlx::query(AssertSqlSafe(text)).persistent(false);
    let question = ids.iter().fold(question, |question, id| question.bind(id.0));
    let rows = question.fetch_all(connection).await;
    rows.unwrap_or_else(|error| panic!("{file}: {error}")).iter().map(planned).collect()
}

/// A claim that had to sort would lock every candidate, and the next claimer would get nothing.
pub(crate) async fn a_claim_locks_only_what_it_takes(fresh: &Fresh) {
    fill(fresh).await;
    let text = fs::read_to_string(folder().join("consume/claim.sql")).unwrap();
    let mut others = Vec::new();
    for _ in 0..3 {
        let mut connection = fresh.connection().await;
        sqlx::raw_sql("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; BEGIN")
            .execute(&mut connection)
            .await
            .unwrap();
        let far = CLAIM.iter().map(|it| if *it == NOW { "'2100-01-01 00:00:00'" } else { it });
        let text = with(&text, &far.collect::<Vec<_>>());
        let rows = sqlx::raw_sql(AssertSqlSafe(text)).fetch_all(&mut connection).await.unwrap();
        assert_eq!(rows.len(), 100, "rows are locked that another one took");
        others.push(connection);
    }
}

/// A look-up by a known id reads the one partition of its week.
pub(crate) async fn a_look_up_by_id_visits_one_week(fresh: &Fresh) {
    let mut connection = explaining(fresh).await;
    let id = JobId::new();
    fresh.store.enqueue(&[NewJob { id, ..NewJob::of_kind("unload") }]).await.unwrap();
    let partitions = if fresh.is_mariadb().await { "PARTITIONS" } else { "" };
    let text = format!(
        "EXPLAIN {partitions} SELECT * FROM longshore_jobs WHERE id = x'{}'",
        id.0.simple()
    );
    let rows = sqlx::raw_sql(AssertSqlSafe(text)).fetch_all(&mut connection).await.unwrap();
    let visited: String = rows[0].try_get_unchecked("partitions").unwrap();
    assert!(!visited.contains(','), "{visited}");
}

/// Enough jobs, in two weeks, for the planner to have a choice; the id of one amidst the second.
pub(crate) async fn fill(fresh: &Fresh) -> JobId {
    let old: Timestamp = Timestamp::from(std::time::SystemTime::now()) - chrono::Duration::weeks(1);
    let millis = u128::try_from(old.timestamp_millis()).unwrap();
    let id = |week: u128, n: u128| {
        JobId(uuid::Uuid::from_u128(((millis + week * 604_800_000) << 80) | n))
    };
    for week in 0..2 {
        let job = |n| NewJob {
            id: id(week, n),
            due: Due::In(std::time::Duration::from_secs(3600)),
            ..NewJob::of_kind("unload")
        };
        fresh.store.enqueue(&(0..1000).map(job).collect::<Vec<_>>()).await.unwrap();
    }
    fresh.run("ANALYZE TABLE longshore_queue, longshore_jobs, longshore_leases").await;
    id(1, 700)
}

/// A connection on which plans come as tables.
pub(crate) async fn explaining(fresh: &Fresh) -> MySqlConnection {
    let mut connection = fresh.connection().await;
    if !fresh.is_mariadb().await {
        let as_table = sqlx::raw_sql("SET explain_format = 'TRADITIONAL'");
        as_table.execute(&mut connection).await.unwrap();
    }
    connection
}

/// One step of a plan.
#[derive(Debug)]
struct Planned {
    table: String,
    access: String,
    key: Option<String>,
    extra: String,
}

async fn plan(connection: &mut MySqlConnection, file: &str, parameters: &[&str]) -> Vec<Planned> {
    let text = fs::read_to_string(folder().join(file).with_extension("sql")).unwrap();
    let text = format!("EXPLAIN {}", with(&text, parameters));
    let rows = sqlx::raw_sql(AssertSqlSafe(text)).fetch_all(connection).await;
    let rows = rows.unwrap_or_else(|error| panic!("{file}: {error}"));
    rows.iter().map(planned).collect()
}

fn planned(row: &MySqlRow) -> Planned {
    let text = |column| row.try_get_unchecked::<Option<String>, _>(column).unwrap();
    Planned {
        table: text("table").unwrap_or_default(),
        access: text("type").unwrap_or_default(),
        key: text("key"),
        extra: text("Extra").unwrap_or_default(),
    }
}

/// The text with its parameters written into it; comments are left out.
pub(crate) fn with(text: &str, parameters: &[&str]) -> String {
    let text: Vec<&str> = text.lines().filter(|line| !line.starts_with("--")).collect();
    let text = text.join("\n");
    let mut parts = text.split('?');
    let mut filled = parts.next().unwrap().to_owned();
    let mut parameters = parameters.iter();
    for part in parts {
        filled.push_str(parameters.next().expect("a parameter for each place"));
        filled.push_str(part);
    }
    assert!(parameters.next().is_none(), "more parameters than places: {text}");
    filled
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sql")
}
