//! Searches by labels: the index of labels leads to the jobs, in their order.

use longshore_core::{Cursor, JobFilter, JobId, Label, Page, Timestamp, Week};
use longshore_query::{Ask, Dialect};
use sea_query_sqlx::SqlxValues;
use sqlx::{AssertSqlSafe, Row};

use crate::server::Fresh;

/// S2-40: a label of half of the jobs, of a few, of one and of none; alone and together.
pub(crate) async fn a_search_by_labels_goes_by_their_index(fresh: &Fresh) {
    let weeks = fill(fresh).await;
    let ask = Ask {
        dialect: Dialect::Postgres,
        schema: Some(&fresh.options.schema),
        prefix: "",
        now: Timestamp::from(std::time::SystemTime::now()),
    };
    let common = ("customer", Label::from("acme"));
    let some = ("size", Label::from(7));
    for labels in [
        vec![common.clone()],
        vec![some.clone()],
        vec![("number", 1234.into())],
        vec![("number", "1234".into())],
        vec![common.clone(), some.clone()],
        vec![common, some, ("number", 1207.into())],
    ] {
        let labels = labels.into_iter().map(|(name, label)| (name.to_owned(), label));
        let filter = JobFilter { labels: labels.collect(), ..JobFilter::default() };
        let behind = Some(Cursor { id: JobId::new().0, ordinal: 0 });
        for (text, values) in [
            ask.list_jobs(&filter, &Page::default()),
            ask.list_jobs(&filter, &Page::After { cursor: behind, size: 10 }),
            ask.count_jobs(&filter),
        ] {
            let mut connection = fresh.connection().await;
            let explain = AssertSqlSafe(format!("EXPLAIN (COSTS OFF) {text}"));
            let rows = sqlx::query_with(explain, SqlxValues(values)).fetch_all(&mut connection);
            let rows = rows.await.unwrap();
            let plan: String = rows.iter().map(|row| row.get::<String, _>(0) + "\n").collect();
            assert!(plan.contains("_name_value_job_id_idx"), "{:?}: {plan}", filter.labels);
            // To count half of the jobs all of them may be read.
            let is_count = plan.starts_with("Aggregate");
            for table in
                weeks.iter().flat_map(|week| [format!("jobs_{week}"), format!("labels_{week}")])
            {
                let scanned = plan.contains(&format!("Seq Scan on {table}"));
                assert!(is_count || !scanned, "{table} for {:?}: {plan}", filter.labels);
            }
        }
    }
}

/// Forty thousand jobs in two weeks.
async fn fill(fresh: &Fresh) -> [Week; 2] {
    let week = Week::of(Timestamp::from(std::time::SystemTime::now()));
    let weeks = [week.plus(-1), week];
    let [before, this] = weeks.map(|week| week.ids().0.simple().to_string()[..12].to_owned());
    fresh
        .run(&format!(
            "CREATE TEMP TABLE made AS
             SELECT (CASE WHEN n < 20000 THEN '{before}' ELSE '{this}' END || lpad(to_hex(n), 20, '0'))::uuid AS id, n
             FROM generate_series(0, 39999) AS n;
             INSERT INTO longshore.jobs (id, tenant, queue, kind, payload, rank, run_at, max_attempts, first_state, created_at)
             SELECT id, 'default', 'default', 'unload', '{{}}', 5, now(), 20, 0, now() FROM made;
             INSERT INTO longshore.labels (job_id, name, value)
             SELECT id, 'customer', CASE WHEN n % 2 = 0 THEN '\"acme\"' ELSE '\"' || n || '\"' END FROM made
             UNION ALL SELECT id, 'size', (n % 100)::text FROM made
             UNION ALL SELECT id, 'number', n::text FROM made;
             ANALYZE longshore.jobs; ANALYZE longshore.labels"
        ))
        .await;
    weeks
}
