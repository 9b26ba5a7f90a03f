//! What the built questions look like on each dialect.

use longshore_core::{
    Cursor, JobFilter, JobId, Limits, Page, State, Timestamp, TransitionFilter, TransitionId,
};
use longshore_query::{Ask, Dialect, Values, listing};

const SQLITE: Ask<'static> = Ask {
    dialect: Dialect::Sqlite,
    schema: None,
    prefix: "longshore_",
    now: Timestamp::UNIX_EPOCH,
};
const POSTGRES: Ask<'static> = Ask {
    dialect: Dialect::Postgres,
    schema: Some("longshore"),
    prefix: "",
    now: Timestamp::UNIX_EPOCH,
};
const MYSQL: Ask<'static> =
    Ask { dialect: Dialect::Mysql, schema: None, prefix: "longshore_", now: Timestamp::UNIX_EPOCH };

fn every_field() -> JobFilter {
    JobFilter {
        queues_in: vec!["mail".into()],
        queues_notin: vec!["slow".into()],
        kinds_in: vec!["send".into()],
        states_in: vec![State::Retryable],
        states_notin: vec![State::Held],
        correlation_id: Some("order-7".into()),
        labels: [("customer".into(), "acme".into()), ("size".into(), 3.into())].into(),
        created_after: Some(Timestamp::UNIX_EPOCH),
        min_attempts: Some(1),
        max_attempts: Some(3),
        transitions: Some(TransitionFilter {
            states_in: vec![State::Running],
            ..Default::default()
        }),
        ..JobFilter::default()
    }
}

#[test]
fn values_are_bound_and_never_written_into_the_text() {
    for ask in [SQLITE, POSTGRES, MYSQL] {
        let (sql, Values(values)) = ask.list_jobs(&every_field(), &Page::default());
        assert!(
            !sql.contains("mail") && !sql.contains("order-7") && !sql.contains("acme"),
            "{sql}"
        );
        let holes = sql.matches(if ask.dialect == Dialect::Postgres { "$" } else { "?" }).count();
        assert_eq!(holes, values.len(), "{sql}");
    }
}

#[test]
fn each_dialect_quotes_and_qualifies_in_its_own_way() {
    let of = |ask: Ask<'_>| ask.list_jobs(&JobFilter::default(), &Page::default()).0;
    assert!(of(SQLITE).contains(r#"FROM "longshore_jobs" AS "j""#));
    assert!(of(POSTGRES).contains(r#"FROM "longshore"."jobs" AS "j""#));
    assert!(of(MYSQL).contains("FROM `longshore_jobs` AS `j`"));
}

#[test]
fn a_list_of_waiting_jobs_starts_from_the_small_table() {
    let filter = JobFilter { states_in: vec![State::Available], ..JobFilter::default() };
    let (sql, _) = POSTGRES.list_jobs(&filter, &Page::default());
    assert!(
        sql.contains(r#""j"."id" IN (SELECT "s"."id" FROM "longshore"."queue" AS "s")"#),
        "{sql}"
    );
}

#[test]
fn labels_lead_to_the_jobs() {
    let size = JobFilter { labels: [("size".into(), 3.into())].into(), ..JobFilter::default() };
    let page = Page::After { cursor: Some(Cursor { id: JobId::new().0, ordinal: 0 }), size: 50 };
    let (sql, Values(values)) = POSTGRES.list_jobs(&size, &page);
    let begin = r#"FROM "longshore"."labels" AS "x0" INNER JOIN "longshore"."jobs" AS "j""#;
    assert!(sql.contains(begin), "{sql}");
    assert!(sql.contains(r#""x0"."job_id" < $"#) && sql.contains(r#"ORDER BY "x0"."job_id" DESC"#));
    assert!(values.contains(&"3".into()), "{values:?}");
    let (sql, _) = MYSQL.count_jobs(&every_field());
    let begin = "FROM `longshore_labels` AS `x0` INNER JOIN `longshore_labels` AS `x1` ON `x1`.`job_id` = \
                 `x0`.`job_id` STRAIGHT_JOIN `longshore_jobs` AS `j` ON `j`.`id` = `x0`.`job_id`";
    assert!(sql.contains(begin), "{sql}");
    let (sql, _) = SQLITE.list_dead(&size, &page);
    assert!(sql.contains(r#"AS "x0" CROSS JOIN "longshore_jobs" AS "j" LEFT"#), "{sql}");
    assert!(sql.contains(r#""j"."id" = "x0"."job_id" AND"#), "{sql}");
}

#[test]
fn labels_that_no_job_can_have_are_looked_for_nowhere() {
    let many = (0..=Limits::MOST_LABELS).map(|n| (format!("n{n}"), 1.into())).collect();
    for labels in [many, [("".into(), 1.into())].into(), [("a".into(), "\0".into())].into()] {
        let filter = JobFilter { labels, ..JobFilter::default() };
        let (sql, _) = POSTGRES.list_jobs(&filter, &Page::default());
        assert!(!sql.contains("labels"), "{sql}");
        assert!(sql.contains("WHERE $13 = $14"), "a question that nothing answers: {sql}");
    }
}

#[test]
fn an_event_id_sets_every_other_constraint_aside() {
    let mut filter = every_field();
    filter.event_id = Some(longshore_core::EventId::new());
    let (sql, _) = SQLITE.count_jobs(&filter);
    let ignored = sql.contains("\"queue\" IN") || sql.contains("labels");
    assert!(sql.contains("\"event_id\" = ?") && !ignored, "{sql}");
}

#[test]
fn dead_letters_are_read_from_their_own_table() {
    let (sql, _) = SQLITE.list_dead(&every_field(), &Page::At { offset: 10, limit: 5 });
    assert!(sql.contains(r#"IN (SELECT "s"."id" FROM "longshore_dead" AS "s")"#), "{sql}");
    assert!(sql.contains("OFFSET"), "{sql}");
}

#[test]
fn an_unfiltered_page_of_transitions_looks_at_the_newest_jobs_only() {
    let page = Page::After { cursor: Some(Cursor { id: JobId::new().0, ordinal: 3 }), size: 50 };
    let (sql, _) = POSTGRES.list_transitions(&TransitionFilter::default(), &page);
    assert!(sql.contains(r#"FROM "longshore"."jobs" AS "w""#), "{sql}");
    let one = TransitionFilter { job_id: Some(JobId::new()), ..Default::default() };
    let (sql, _) = POSTGRES.list_transitions(&one, &page);
    assert!(!sql.contains(r#""longshore"."jobs" AS "w""#), "{sql}");
}

#[test]
fn a_transition_is_found_by_its_two_parts() {
    let (sql, Values(values)) = SQLITE.transition(TransitionId { job: JobId::new(), ordinal: 2 });
    assert!(sql.contains(r#""t"."job_id" = ? AND "t"."ordinal" = ?"#), "{sql}");
    assert_eq!(values.len(), 2);
}

#[test]
fn a_page_ends_with_a_cursor_only_if_there_is_more() {
    let cursor = |row: &u32| Cursor { id: uuid::Uuid::nil(), ordinal: *row };
    let full = listing(vec![9, 8, 7], &Page::first(2), None, cursor);
    assert_eq!((full.items, full.next.map(|next| next.ordinal)), (vec![9, 8], Some(8)));
    let last = listing(vec![7], &Page::first(2), None, cursor);
    assert_eq!(last.next, None);
    let by_offset = listing(vec![1], &Page::At { offset: 50, limit: 50 }, Some(73), cursor);
    assert_eq!(by_offset.meta.map(|meta| (meta.count, meta.pagination.last)), Some((73, 2)));
}
