//! Every statement prepares; the hot ones use their index.

use std::{collections::BTreeSet, fs, path::Path};

use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use crate::file::File;

#[tokio::test]
async fn every_statement_of_every_file_prepares() {
    let file = File::new().await;
    let mut connection = file.connection().await;
    let statements = statements();
    assert!(statements.len() > 30, "{} found", statements.len());
    for (name, statement) in statements {
        let prepared = sqlx::query(AssertSqlSafe(format!("EXPLAIN {statement}")))
            .fetch_all(&mut connection)
            .await;
        prepared.unwrap_or_else(|error| panic!("{name}: {error}\n{statement}"));
    }
}

/// The driver gives a parameter whose number is left out the next value in turn.
#[test]
fn no_statement_leaves_a_number_out() {
    for (name, statement) in statements() {
        let numbers: BTreeSet<usize> =
            statement.split('?').skip(1).filter_map(|rest| rest.get(..1)?.parse().ok()).collect();
        assert!(
            numbers.iter().copied().eq(1..=numbers.len()),
            "{name} uses {numbers:?}:\n{statement}"
        );
    }
}

#[tokio::test]
async fn a_claim_walks_the_claim_order() {
    let file = File::new().await;
    let plan = plan(&mut file.connection().await, &claim(3)).await;
    let walk = "SEARCH longshore_queue USING PRIMARY KEY \
                (queue=? AND tenant=? AND rank=? AND (due_at,id)>(?,?) AND due_at<?)";
    assert_eq!(plan.matches(walk).count(), 3, "{plan}");
    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    assert!(!plan.contains("SCAN longshore"), "{plan}");
}

#[tokio::test]
async fn hot_statements_scan_no_table() {
    let file = File::new().await;
    let mut connection = file.connection().await;
    let hot = [
        "produce/",
        "consume/",
        "operate/",
        "inspect/jobs",
        "inspect/settled",
        "inspect/circumstances",
    ];
    // Whether any key is taken: one row is looked at.
    let one_row = "SCAN longshore_uniques USING COVERING INDEX";
    for (name, statement) in statements() {
        if !hot.iter().any(|part| name.starts_with(part)) {
            continue;
        }
        let plan = plan(&mut connection, &statement).await;
        for line in plan.lines().filter(|line| line.contains("SCAN ")) {
            let of_a_set = [
                "json_each",
                "SCAN x",
                "SCAN r",
                "SCAN (subquery",
                "SCAN f",
                "SCAN value",
                "CONSTANT",
                one_row,
            ];
            let fine = of_a_set.iter().any(|part| line.contains(part));
            assert!(fine, "{name} scans: {line}\n{plan}\n{statement}");
        }
    }
}

async fn plan(connection: &mut SqliteConnection, statement: &str) -> String {
    let asking = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}")));
    let rows = asking.fetch_all(connection).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>("detail") + "\n").collect()
}

/// The claim for so many lanes, put together as the storage does.
fn claim(lanes: usize) -> String {
    let arms: Vec<_> =
        (0..lanes).map(|n| read("consume/claim_lane.sql").replace("{n}", &n.to_string())).collect();
    read("consume/claim.sql").replace("{lanes}", &arms.join(" UNION ALL "))
}

/// Every statement, with the name of its file.
fn statements() -> Vec<(String, String)> {
    let mut statements = Vec::new();
    for role in ["produce", "consume", "inspect", "operate", "maintain"] {
        for entry in fs::read_dir(directory().join(role)).unwrap() {
            let name = format!("{role}/{}", entry.unwrap().file_name().to_str().unwrap());
            let text = match name.as_str() {
                "consume/claim_lane.sql" => continue,
                "consume/claim.sql" => claim(2),
                name => read(name),
            };
            let parts = text.split_inclusive(";\n").filter(|part| !part.trim().is_empty());
            statements.extend(parts.map(|part| (name.clone(), part.to_owned())));
        }
    }
    statements
}

fn directory() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sql")
}

/// A file without its comments.
fn read(name: &str) -> String {
    let text = fs::read_to_string(directory().join(name)).unwrap();
    text.lines()
        .filter(|line| !line.trim_start().starts_with("--"))
        .map(|line| format!("{line}\n"))
        .collect()
}
