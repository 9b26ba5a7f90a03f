//! Weeks that cannot be dropped: what stands in the way is named, and everything else goes on.

use longshore::{Client, JobId, Options, core::NewJob, sqlx::types::Uuid};

use crate::{on_every_server, place::Place, weeks::old_jobs};

on_every_server!(a_week_with_too_many_survivors_is_kept_and_said_to_be);

#[test]
fn a_table_of_somebody_else_in_the_way_on_mariadb() {
    Place::on_mysql("LONGSHORE_TEST_MARIADB", a_table_of_somebody_else_in_the_way_is_named);
}

#[test]
fn a_table_of_somebody_else_in_the_way_on_mysql() {
    Place::on_mysql("LONGSHORE_TEST_MYSQL", a_table_of_somebody_else_in_the_way_is_named);
}

const MAIL: &str = "[[handlers]]\nkind = \"mail\"\ncommand = [\"true\"]\n";

/// Jobs that wait for a worker which there is none of, with ids beside this one.
fn crowd(place: &Place, beside: &str, count: u128) {
    let beside: JobId = beside.parse().unwrap();
    // Beside it, and never the same.
    let first = (beside.0.as_u128() ^ (1 << 16)) & !0xFFFF;
    let job = |n| NewJob {
        id: JobId(Uuid::from_u128(first | n)),
        queue: "nobody's".into(),
        ..NewJob::of_kind("nobody's")
    };
    let jobs: Vec<NewJob> = (0..count).map(job).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let url = match &place.schema {
            Some(schema) => format!("{}&schema={schema}", place.url),
            None => place.url.clone(),
        };
        let client = Client::connect_with(&url, Options { migrate: false }).await.unwrap();
        for some in jobs.chunks(1000) {
            client.store().enqueue(some).await.unwrap();
        }
        client.store().close().await;
    });
}

fn a_week_with_too_many_survivors_is_kept_and_said_to_be(place: &Place) {
    let (over, waiting, week) = old_jobs(place);
    crowd(place, &waiting, 10_001);
    place.settings(MAIL);

    let listed = place.json(&["weeks", "list"]);
    let row = listed.iter().find(|row| row["name"] == week.as_str()).unwrap();
    assert_eq!(
        (&row["survivors"], &row["next"]["most"]),
        (&10_001.into(), &10_000.into()),
        "{row}"
    );
    let planned = place.ok(&["weeks", "plan"]);
    for words in [&*week, "more than 10000 of its jobs wait", "`longshore dead delete`"] {
        assert!(planned.contains(words), "{words}: {planned}");
    }
    assert!(!planned.contains("PARTITION"), "no statement is planned: {planned}");
    let kept = place.run(&["weeks", "rotate"]);
    assert_eq!(kept.code, 6, "{kept:?}");
    for words in [&*week, "at least 10001 jobs", "no more than 10000 are carried", "dead delete`"] {
        assert!(kept.stdout.contains(words), "{words}: {kept:?}");
    }
    let doctor = place.ok(&["doctor", "--json"]);
    let kept = doctor.lines().find(|line| line.contains("\"old weeks\"")).unwrap();
    for words in
        ["warning", "1 weeks are older than 28 days and kept", "more than 10000", "dead delete`"]
    {
        assert!(kept.contains(words), "{words}: {kept}");
    }

    let worker = place.worker();
    place.until("the worker says so", |place| {
        let log = place.read("log");
        let said =
            log.lines().find(|line| line.contains("a week is not dropped: keep: more than 10000"));
        said.is_some_and(|line| line.contains(&week) && line.contains("WARN"))
    });
    let new = place.enqueue(&["mail"]);
    for job in [&waiting, &new] {
        place.until("work goes on", |place| place.job(job)["state"] == "completed");
    }
    assert!(worker.stop().success(), "{}", place.read("log"));
    assert_eq!(place.job(&over)["state"], "cancelled", "the week is whole");
}

fn a_table_of_somebody_else_in_the_way_is_named(place: &Place) {
    let (over, waiting, week) = old_jobs(place);
    place.settings(MAIL);
    place.sql("CREATE TABLE longshore_labels_aside (note TEXT)");
    let advice = "longshore_labels_aside stands where a rotation puts rows aside, and is no table of Longshore's";
    let refused = place.run(&["weeks", "rotate"]);
    assert_eq!(refused.code, 6, "{refused:?}");
    assert!(
        refused.stderr.contains(advice) && refused.stderr.contains("RENAME TABLE"),
        "{refused:?}"
    );
    assert!(place.ok(&["doctor"]).contains("no table of Longshore's"));
    let worker = place.worker();
    place.until("the worker says so", |place| place.read("log").contains(advice));
    place.until("work goes on", |place| place.job(&waiting)["state"] == "completed");
    assert!(worker.stop().success(), "{}", place.read("log"));
    assert_eq!(place.job(&over)["state"], "cancelled");
    place.sql("RENAME TABLE longshore_labels_aside TO mine");
    assert!(place.ok(&["weeks", "rotate"]).contains(&format!("{week}: dropped with 1 jobs")));
    place.sql("INSERT INTO mine VALUES ('is still there')");
}
