//! Programs whose clocks are wrong, by hours and by days: their ids are of another time, and nothing else.

use std::collections::BTreeMap;

use longshore::{JobId, core::Week, sqlx::types::Uuid};

use crate::{on_every_engine, place::Place};

on_every_engine!(jobs_of_programs_with_wrong_clocks_run_once_each);

const SETTINGS: &str = r#"
[[handlers]]
kind = "mail"
command = ["sh", "-c", "echo $LONGSHORE_JOB_ID >> runs"]
"#;

const HOURS: [i128; 9] = [-24 * 70, -24 * 8, -30, -5, 0, 5, 30, 24 * 8, 24 * 70];

/// An id as a program makes it whose clock is off by so many hours.
fn id_made(hours: i128) -> JobId {
    let off = (hours * 3_600_000) << 80;
    JobId(Uuid::from_u128(JobId::new().0.as_u128().wrapping_add_signed(off)))
}

/// S2-34, G9: the weeks are those of the database's clock, too.
fn jobs_of_programs_with_wrong_clocks_run_once_each(place: &Place) {
    place.settings(SETTINGS);
    place.ok(&["migrate"]);
    let weeks = || {
        let listed = place.json(&["weeks", "list"]);
        listed.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let before = weeks();
    let mut ids = Vec::new();
    for hours in HOURS {
        for due in [&["--in", "0s"][..], &["--in", "3s"]] {
            let id = id_made(hours).to_string();
            assert_eq!(place.enqueue(&[&["mail", "--id", &id][..], due].concat()), id);
            ids.push(id);
        }
    }
    let workers = [place.worker(), place.worker()];
    place.until("all are completed", |place| place.count("completed") == ids.len());
    for worker in workers {
        assert!(worker.stop().success(), "{}", place.read("log"));
    }
    let mut runs = BTreeMap::new();
    for id in place.read("runs").lines() {
        *runs.entry(id.to_owned()).or_insert(0) += 1;
    }
    assert_eq!(runs, ids.iter().map(|id| (id.clone(), 1)).collect());
    for id in &ids {
        let reasons: Vec<_> =
            place.ledger(id).into_iter().map(|row| row["reason"].clone()).collect();
        assert_eq!(reasons[1..], ["claimed", "ok"], "{id}");
    }
    if place.schema.is_some() || place.is_mysql() {
        place.ok(&["migrate"]);
        assert_eq!(weeks(), before);
        let this = Week::of(JobId::new().time().unwrap());
        let made: Vec<_> = (-1..=5).map(|week| this.plus(week).to_string()).collect();
        assert_eq!(before[..7], made);
    }
}
