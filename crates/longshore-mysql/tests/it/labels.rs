//! Searches by labels: the index of labels leads to the jobs, in their order.

use longshore_core::{Cursor, JobFilter, JobId, Label, NewJob, Page, Timestamp};
use longshore_query::{Ask, Dialect};
use longshore_store::Produce;
use sea_query_sqlx::SqlxValues;
use sqlx::{AssertSqlSafe, Row};

use crate::{server::Fresh, statements::explaining};

/// S2-40: a label of half of the jobs, of a few, of one and of none; alone and together.
pub(crate) async fn a_search_by_labels_goes_by_their_index(fresh: &Fresh) {
    fill(fresh).await;
    let now = Timestamp::from(std::time::SystemTime::now());
    let ask = Ask { dialect: Dialect::Mysql, schema: None, prefix: "longshore_", now };
    let mut connection = explaining(fresh).await;
    if !fresh.is_mariadb().await {
        let as_ours = sqlx::raw_sql("SET optimizer_switch = 'block_nested_loop=off'");
        as_ours.execute(&mut connection).await.unwrap();
    }
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
            let explain = AssertSqlSafe(format!("EXPLAIN {text}"));
            let rows = sqlx::query_with(explain, SqlxValues(values)).fetch_all(&mut connection);
            let column = |row: &sqlx::mysql::MySqlRow, name| {
                row.try_get_unchecked::<Option<String>, _>(name).unwrap().unwrap_or_default()
            };
            let plan: Vec<_> = rows
                .await
                .unwrap()
                .iter()
                .map(|row| ["table", "key", "Extra"].map(|name| column(row, name)))
                .collect();
            let step = |table: &str| plan.iter().find(|step| step[0] == table);
            // A value that is nowhere may be known to be nowhere without any plan.
            let Some(jobs) = step("j") else { continue };
            assert_eq!(jobs[1], "PRIMARY", "{:?}: {plan:?}", filter.labels);
            let [table, key, extra] = &plan[0];
            assert!(
                table.starts_with('x') && key == "labels_by_value",
                "{:?}: {plan:?}",
                filter.labels
            );
            // Of several labels the rarest may come first, and its jobs are sorted.
            let sorts = extra.contains("filesort") && filter.labels.len() == 1;
            assert!(!sorts, "{:?}: {plan:?}", filter.labels);
        }
    }
}

/// Six thousand jobs in two weeks.
async fn fill(fresh: &Fresh) {
    let old: Timestamp = Timestamp::from(std::time::SystemTime::now()) - chrono::Duration::weeks(1);
    let millis = u128::try_from(old.timestamp_millis()).unwrap();
    for week in 0..2u128 {
        let job = |n: u128| {
            let number = i64::try_from(week * 3000 + n).unwrap();
            let customer =
                if n.is_multiple_of(2) { "acme".into() } else { format!("customer {n}").into() };
            NewJob {
                id: JobId(uuid::Uuid::from_u128(((millis + week * 604_800_000) << 80) | n)),
                due: longshore_core::Due::In(std::time::Duration::from_secs(3600)),
                labels: [
                    ("customer".into(), customer),
                    ("size".into(), (number % 100).into()),
                    ("number".into(), number.into()),
                ]
                .into(),
                ..NewJob::of_kind("unload")
            }
        };
        fresh.store.enqueue(&(0..3000).map(job).collect::<Vec<_>>()).await.unwrap();
    }
    fresh.run("ANALYZE TABLE longshore_queue, longshore_jobs, longshore_labels").await;
}
