//! Searches by labels: the index of labels leads to the jobs, in their order.

use longshore_core::{Cursor, JobFilter, JobId, NewJob, Page, Timestamp};
use longshore_query::{Ask, Dialect};
use longshore_store::Produce;
use sea_query_sqlx::SqlxValues;
use sqlx::{AssertSqlSafe, Row};

use crate::file::File;

/// S2-40: with statistics and without.
#[tokio::test]
async fn a_search_by_labels_goes_by_their_index() {
    let file = File::new().await;
    let job = |n: i64| {
        let customer = if n % 2 == 0 { "acme".into() } else { format!("customer {n}").into() };
        let labels = [("customer".into(), customer), ("size".into(), (n % 100).into())].into();
        NewJob { labels, ..NewJob::of_kind("unload") }
    };
    file.store.enqueue(&(0..3000).map(job).collect::<Vec<_>>()).await.unwrap();
    let now = Timestamp::from(std::time::SystemTime::now());
    let ask = Ask { dialect: Dialect::Sqlite, schema: None, prefix: "longshore_", now };
    let mut connection = file.connection().await;
    for statistics in [false, true] {
        if statistics {
            sqlx::query("ANALYZE").execute(&mut connection).await.unwrap();
        }
        for labels in [
            [("customer".to_owned(), "acme".into())].into(),
            [("size".into(), 7.into())].into(),
            [("customer".into(), "acme".into()), ("size".into(), 7.into())].into(),
        ] {
            let filter = JobFilter { labels, ..JobFilter::default() };
            let behind = Some(Cursor { id: JobId::new().0, ordinal: 0 });
            for (text, values) in [
                ask.list_jobs(&filter, &Page::default()),
                ask.list_jobs(&filter, &Page::After { cursor: behind, size: 10 }),
                ask.count_jobs(&filter),
            ] {
                let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}"));
                let rows = sqlx::query_with(explain, SqlxValues(values)).fetch_all(&mut connection);
                let rows = rows.await.unwrap();
                let plan: String =
                    rows.iter().map(|row| row.get::<String, _>("detail") + "\n").collect();
                // With statistics SQLite sometimes passes over the names, and sorts what it found.
                let index = "USING COVERING INDEX longshore_labels_value ";
                let by_label = if statistics { "(" } else { "(name=? AND value=?" };
                assert!(
                    plan.contains(&format!("{index}{by_label}")),
                    "{:?}: {plan}",
                    filter.labels
                );
                for whole in ["SCAN j", "SCAN x0", "SCAN x1"] {
                    assert!(!plan.contains(whole), "{:?}: {plan}", filter.labels);
                }
                let sorts =
                    plan.contains("USE TEMP B-TREE") && filter.labels.len() == 1 && !statistics;
                assert!(!sorts, "{:?}: {plan}", filter.labels);
            }
        }
    }
}
