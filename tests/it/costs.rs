//! What jobs cost a database, held in numbers that no clock and no neighbour disturbs: statements, commits,
//! bytes of the log, rows. Each stays between two bounds, so that a counter that counts nothing fails, too.

mod bounds;
mod meter;
mod proxy;
mod work;

use std::{fmt::Write, ops::RangeInclusive};

use longshore::{Client, Options};

use self::meter::{Figures, Meter};
use crate::{place::Place, wreck::Wreck};

/// Jobs of each piece of work but the last.
const JOBS: u64 = 10_000;
/// Jobs that eight producers enqueue one by one.
const SINGLES: u64 = 200;
const OUTSIDE: &str = "<-- OUTSIDE";

/// One figure of one piece of work, and where it must lie.
struct Held {
    work: &'static str,
    figure: &'static str,
    bounds: RangeInclusive<u64>,
}

const fn held(work: &'static str, figure: &'static str, bounds: RangeInclusive<u64>) -> Held {
    Held { work, figure, bounds }
}

#[test]
fn jobs_cost_what_they_should_on_sqlite() {
    let place = Place::on_sqlite();
    place.ok(&["migrate"]);
    let mut meter = Meter::of_file(&place);
    measure(&place, &mut meter, bounds::SQLITE);
}

#[test]
fn jobs_cost_what_they_should_on_postgres_15() {
    on_server("LONGSHORE_TEST_POSTGRES_15", bounds::POSTGRES);
}

#[test]
fn jobs_cost_what_they_should_on_postgres_18() {
    on_server("LONGSHORE_TEST_POSTGRES_18", bounds::POSTGRES);
}

#[test]
fn jobs_cost_what_they_should_on_mariadb() {
    on_server("LONGSHORE_TEST_MARIADB", bounds::MARIADB);
}

#[test]
fn jobs_cost_what_they_should_on_mysql() {
    on_server("LONGSHORE_TEST_MYSQL", bounds::MYSQL);
}

/// On a server that nobody else uses: its books are those of this work.
fn on_server(variable: &str, bounds: &[Held]) {
    let Some(server) = Wreck::beside(variable) else { return };
    let mut meter = Meter::of_server(&server.url);
    let mut place = Place::on_server(meter.door());
    if place.is_mysql() {
        // What is encrypted cannot be counted.
        place.url.push_str("?ssl-mode=DISABLED");
        place.settings("");
    }
    place.ok(&["migrate"]);
    meter.watch(&place);
    measure(&place, &mut meter, bounds);
}

/// What a piece of work cost: bytes for each job, everything else in all.
struct Cost {
    work: &'static str,
    figures: Figures,
}

fn measure(place: &Place, meter: &mut Meter, bounds: &[Held]) {
    let url = match &place.schema {
        Some(schema) => format!("{}&schema={schema}", place.url),
        None => place.url.clone(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = async || Client::connect_with(&url, Options { migrate: false }).await.unwrap();
    let bench = |phase, jobs: u64| {
        let mut bench = place.command(&["bench"]);
        bench.env("BENCH_MODE", phase).env("BENCH_N", jobs.to_string());
        let output = bench.output().unwrap();
        assert!(output.status.success(), "{phase}: {output:?}");
    };
    let mut of = |work, jobs, done: &dyn Fn()| {
        let before = meter.read();
        done();
        Cost { work, figures: spent(&before, &meter.read(), jobs) }
    };
    let mut costs = vec![
        of("enqueue", JOBS, &|| runtime.block_on(async { work::enqueue(client().await).await })),
        of("run", JOBS, &|| runtime.block_on(async { work::run(client().await).await })),
    ];
    bench("bulk", JOBS);
    costs.push(of("drain", JOBS, &|| bench("drain", JOBS)));
    costs.push(of("single", SINGLES, &|| bench("single", SINGLES)));
    let told = tell(&costs, bounds);
    eprintln!("{told}");
    assert!(!told.contains(OUTSIDE), "this costs more, or less, than it did:\n{told}");
}

/// What was done between two looks.
fn spent(before: &Figures, after: &Figures, jobs: u64) -> Figures {
    let pairs = before.iter().zip(after);
    let spent = pairs.map(|((name, before), (_, after))| match *name {
        // These are counted from look to look.
        "statements" => (*name, *after),
        "log bytes" => ("log bytes a job", (after - before) / jobs),
        _ => (*name, after - before),
    });
    spent.collect()
}

/// A line for each figure; one that is not held, or that is held and not there, is outside.
fn tell(costs: &[Cost], bounds: &[Held]) -> String {
    let mut told = String::new();
    let mut left: Vec<&Held> = bounds.iter().collect();
    for Cost { work, figures } in costs {
        for (figure, value) in figures {
            let at = left.iter().position(|held| held.work == *work && held.figure == *figure);
            let bounds = at.map(|at| left.remove(at).bounds.clone());
            let verdict =
                if bounds.as_ref().is_some_and(|it| it.contains(value)) { "" } else { OUTSIDE };
            writeln!(told, "{work:8} {figure:16} {value:8} of {bounds:?} {verdict}").unwrap();
        }
    }
    for Held { work, figure, .. } in left {
        writeln!(told, "{work:8} {figure:16} was not measured {OUTSIDE}").unwrap();
    }
    told
}
