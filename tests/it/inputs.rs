//! What is refused: with the right exit code, a clear message, and nothing written.

use crate::{on_every_engine, place::Place};

on_every_engine!(
    bad_jobs_are_refused_and_nothing_is_written,
    unknown_and_malformed_ids_are_told_apart,
    a_database_without_tables_is_not_used,
    a_schema_from_the_future_is_left_alone,
);

fn refused(place: &Place, args: &[&str], code: i32, words: &str) {
    let answer = place.run(args);
    assert_eq!(answer.code, code, "{args:?}: {answer:?}");
    assert!(answer.stderr.contains(words), "{args:?}: {answer:?}");
    assert_eq!(answer.stdout, "", "{args:?}");
}

fn bad_jobs_are_refused_and_nothing_is_written(place: &Place) {
    place.ok(&["migrate"]);
    place.write("large", &format!("\"{}\"", "x".repeat(2 << 20)));
    place.write("deep", &format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)));
    for (args, words) in [
        (&["enqueue", "mail", r#"{"to":"#][..], "not valid JSON"),
        (&["enqueue", "mail", "@large"], "1048576 are allowed"),
        (&["enqueue", "mail", "@deep"], "nested deeper than"),
        (&["enqueue", "mail", r#""\u0000""#], "NUL"),
        (&["enqueue", "mail", r#""\ud800""#], "surrogate"),
        (&["enqueue", "mail", "@missing"], "cannot read"),
        (&["enqueue", "mail", "--priority", "0"], "1 (lowest) to 10 (highest)"),
        (&["enqueue", "mail", "--priority", "11"], "1 (lowest) to 10 (highest)"),
        (&["enqueue", "mail", "--at", "9999-01-01T00:00:00Z"], "1970 to 2200"),
        (&["enqueue", "mail", "--at", "tomorrow"], "not a moment"),
        (&["enqueue", "mail", "--in", "5 parsecs"], "not a length of time"),
        (&["enqueue", "mail", "--max-attempts", "0"], "max_attempts"),
        (&["enqueue", "mail", "--id", "nonsense"], "not an id"),
        (&["enqueue", ""], "kind"),
        (&["enqueue", "mail", "--queue", " padded "], "queue"),
        (&["enqueue", "mail", "--unique", ""], "unique key"),
    ] {
        refused(place, args, 2, words);
        assert!(place.json(&["jobs", "list"]).is_empty(), "{args:?}");
    }
}

fn unknown_and_malformed_ids_are_told_apart(place: &Place) {
    place.ok(&["migrate"]);
    let unknown = "0195d2c0-0000-7000-8000-000000000000";
    for verb in ["show", "explain", "watch"] {
        refused(place, &["jobs", verb, unknown], 3, unknown);
        refused(place, &["jobs", verb, "nonsense"], 2, "not an id");
    }
    for verb in ["cancel", "retry"] {
        assert_eq!(place.run(&["jobs", verb, unknown]).code, 3);
    }
    refused(place, &["jobs", "list", "--cursor", "nonsense"], 2, "not a page cursor");
    refused(place, &["jobs", "list", "--state", "failed"], 2, "failed");
}

/// S3-41
fn a_database_without_tables_is_not_used(place: &Place) {
    for args in [&["jobs", "list"][..], &["enqueue", "mail"], &["health"]] {
        refused(place, args, 5, "longshore migrate");
    }
    place.ok(&["migrate"]);
    assert_eq!(place.run(&["migrate", "status"]).code, 0);
    place.ok(&["health"]);
    place.ok(&["jobs", "list"]);
}

fn a_schema_from_the_future_is_left_alone(place: &Place) {
    place.ok(&["migrate"]);
    let (table, now) =
        (place.table("migrations"), if place.url.starts_with("sqlite:") { "0" } else { "now()" });
    place.sql(&format!(
        "INSERT INTO {table} (version, name, checksum, applied_at) VALUES (900, 'later', 'x', {now})"
    ));
    for args in [&["enqueue", "mail"][..], &["migrate"], &["health"], &["worker"]] {
        refused(place, args, 5, "update");
    }
    place.sql(&format!("DELETE FROM {table} WHERE version = 900"));
    assert!(place.json(&["jobs", "list"]).is_empty());
}

#[test]
fn a_database_that_cannot_be_reached_is_said_to_be_without_its_password() {
    let place = Place::on_sqlite();
    for engine in ["postgres", "mysql"] {
        let url = format!("{engine}://app:hunter2@127.0.0.1:1/app");
        let answer = place.run(&["--database-url", &url, "jobs", "list"]);
        assert_eq!(answer.code, 5, "{answer:?}");
        assert!(!answer.stderr.contains("hunter2"), "{answer:?}");
        assert!(answer.stderr.contains("127.0.0.1:1"), "it names the server: {answer:?}");
    }
    refused(
        &place,
        &["--database-url", "oracle://app:hunter2@db/app", "health"],
        2,
        "oracle://app:***@db/app",
    );
    refused(
        &place,
        &["--database-url", "sqlite:///nowhere/at/all.db", "migrate"],
        5,
        "/nowhere/at/all.db",
    );
}

/// S3-41
#[test]
fn a_database_that_cannot_be_reached_is_not_healthy() {
    let place = Place::on_sqlite();
    for url in [
        "postgres://app:hunter2@127.0.0.1:1/app",
        "mysql://app:hunter2@127.0.0.1:1/app",
        "sqlite:///nowhere/at/all.db",
    ] {
        let answer = place.run(&["--database-url", url, "health"]);
        assert_eq!((answer.code, &*answer.stdout), (5, ""), "{answer:?}");
        assert!(answer.stderr.starts_with("longshore: "), "{answer:?}");
    }
}

#[test]
fn ids_and_a_filter_together_are_refused_and_nothing_is_done() {
    let place = Place::on_sqlite();
    place.ok(&["migrate"]);
    let id = place.enqueue(&["mail"]);
    for args in [["jobs", "cancel", &id, "--queue", "x"], ["dead", "delete", &id, "--kind", "y"]] {
        refused(&place, &args, 2, "--all");
    }
    assert_eq!(place.job(&id)["state"], "available");
}

#[test]
fn a_worker_without_a_handler_or_leave_to_write_does_not_start() {
    let place = Place::on_sqlite();
    refused(&place, &["up"], 2, "[[handlers]]");
    assert!(!place.folder.path().join("longshore.db").exists(), "nothing was made");

    place.settings("[[handlers]]\nkind = \"mail\"\ncommand = [\"true\"]\n");
    place.ok(&["migrate"]);
    place.enqueue(&["mail"]);
    let url = format!("{}?mode=ro", place.url);
    for args in [&["worker"][..], &["worker", "--drain"]] {
        refused(&place, &[&["--database-url", &url], args].concat(), 1, "cannot be written");
    }
}

#[test]
fn a_read_only_database_takes_no_job() {
    let place = Place::on_sqlite();
    place.ok(&["migrate"]);
    let url = format!("{}?mode=ro", place.url);
    refused(&place, &["--database-url", &url, "enqueue", "mail"], 1, "cannot be written");
    assert!(place.json(&["jobs", "list"]).is_empty());
}

/// S3-40
#[test]
fn a_typo_in_the_settings_names_line_and_key() {
    let place = Place::on_sqlite();
    place.write("longshore.toml", "[worker]\nlease = \"30s\"\nqueus = { default = 1 }\n");
    refused(&place, &["migrate"], 2, "longshore.toml: line 3: unknown field `queus`");
    refused(&place, &["--config", "missing.toml", "migrate"], 2, "missing.toml");
    assert!(!place.folder.path().join("longshore.db").exists());
}
