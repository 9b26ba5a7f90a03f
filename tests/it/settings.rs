//! Where settings come from, and which of them wins.

use crate::place::Place;

#[test]
fn the_database_is_found_in_five_places_in_their_order() {
    let place = Place::on_sqlite();
    let made = |name: &str| place.folder.path().join(name).exists();
    let names = ["flag.db", "longshore_variable.db", "variable.db", "settings.db", "longshore.db"];
    // All five, then without the first, and so on.
    for first in 0..names.len() {
        let url = |place: usize| format!("sqlite://{}", names[place]);
        let mut migrate = place.command(&["migrate"]);
        if first == 0 {
            migrate.args(["--database-url", &url(0)]);
        }
        if first <= 1 {
            migrate.env("LONGSHORE_DATABASE_URL", url(1));
        }
        if first <= 2 {
            migrate.env("DATABASE_URL", url(2));
        }
        let settings =
            if first <= 3 { format!("[database]\nurl = \"{}\"\n", url(3)) } else { String::new() };
        place.write("longshore.toml", &settings);
        assert!(migrate.output().unwrap().status.success());
        for (place, name) in names.iter().enumerate() {
            assert_eq!(
                made(name),
                place <= first,
                "{name} after the run without the first {first}"
            );
        }
    }
}

#[test]
fn a_variable_that_is_empty_names_nothing() {
    let place = Place::on_sqlite();
    let mut migrate = place.command(&["migrate"]);
    migrate.env("LONGSHORE_DATABASE_URL", "").env("DATABASE_URL", "");
    assert!(migrate.output().unwrap().status.success());
    assert!(place.folder.path().join("longshore.db").exists());
}

#[test]
fn a_log_filter_that_is_none_is_refused_and_one_that_is_is_followed() {
    let place = Place::on_sqlite();
    let said = |filter: &str| {
        let mut worker = place.command(&["worker", "--drain"]);
        let output = worker.env("LONGSHORE_LOG", filter).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, words) = said("info,sqlx=loud");
    assert_eq!(code, Some(2));
    assert!(words.contains("LONGSHORE_LOG") && words.contains("info,sqlx=warn"), "{words}");

    place
        .settings("[[handlers]]\nkind = \"talk\"\ncommand = [\"sh\", \"-c\", \"echo hark >&2\"]\n");
    place.ok(&["migrate"]);
    for (filter, heard) in [("off", false), ("warn", false), ("info", true), ("", true)] {
        place.enqueue(&["talk"]);
        let (code, words) = said(filter);
        assert_eq!((code, words.contains("hark")), (Some(0), heard), "{filter}: {words}");
    }
}
