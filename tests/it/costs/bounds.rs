//! What was measured, and how far from it a change may come unseen.
//!
//! Figures that never differed in ten runs are held exactly. Bytes of the log may grow by 3 to 5 %, so that a
//! field more is seen. What a real worker and real producers do depends on who is faster: there the bounds leave
//! room for more and smaller batches. A change that makes jobs cheaper fails, too: then its figure belongs here.
//!
//! | work | |
//! |---|---|
//! | enqueue | 10,000 jobs of 200 bytes, in ten calls |
//! | run | ten claims of 1,000, and their reports |
//! | drain | 10,000 jobs through a worker with 1,000 slots, whose claims double from 16 to 2,000 |
//! | single | 200 enqueues by eight producers, each answered after its commit |
//!
//! Each begins with new connections, whose first statements count.

use super::{Held, held};

/// PostgreSQL 15 and 18, which hardly differ. Commits are transactions that wrote something.
pub(super) const POSTGRES: &[Held] = &[
    // A statement for each call, 3 that look at the schema and name the lane, and up to 10 wake-ups, which share.
    held("enqueue", "statements", 14..=23),
    held("enqueue", "commits", 12..=21),
    // 720: a row of jobs, a row of the queue, two indexes each.
    held("enqueue", "log bytes a job", 700..=742),
    // Two a job, and the lane.
    held("enqueue", "rows written", 20_001..=20_001),
    held("enqueue", "rows read", 0..=5),
    // One for each claim, one for each report, and 2 at the beginning.
    held("run", "statements", 22..=22),
    held("run", "commits", 20..=20),
    // 627: out of the queue, into the leases and out again, a row of the ledger.
    held("run", "log bytes a job", 608..=646),
    held("run", "rows written", 40_000..=40_000),
    // The row of the queue, the job, the lease.
    held("run", "rows read", 30_001..=30_001),
    // 49 to 54, and 28 to 33: 13 claims, 15 to 20 reports, a worker's housekeeping.
    held("drain", "statements", 35..=120),
    held("drain", "commits", 20..=80),
    // 628 to 642; more if the first heartbeat, which comes when the system lets it, finds many leases.
    held("drain", "log bytes a job", 608..=720),
    // 40,007 to 40,023: some for samples and signs of life, and one for each lease that a heartbeat finds, of which there
    // are up to 7,000.
    held("drain", "rows written", 40_003..=47_100),
    // 39,969 to 40,065: three a job, one for each that a sample sees wait, which the first claims may have taken by then,
    // and those leases, which a sample counts, too.
    held("drain", "rows read", 30_001..=60_000),
    // 53 to 57: eight share each commit, which makes 25 of them and as many wake-ups.
    held("single", "statements", 30..=85),
    held("single", "commits", 27..=80),
    // 747 to 748: a commit is 34 bytes.
    held("single", "log bytes a job", 705..=790),
    held("single", "rows written", 400..=401),
    held("single", "rows read", 0..=5),
];

/// MariaDB 10.11. Rows read and written are those of tables in memory, too, and of looking at these figures.
pub(super) const MARIADB: &[Held] = &[
    // Two inserts and commit for each call, the clock before the first one and after ten seconds, and 11 for the connections
    // and the lane; their commits, too.
    held("enqueue", "statements", 42..=43),
    held("enqueue", "commits", 12..=12),
    // 538 with 10.11.19, 578 to 579 with 10.11.14; below, too, the lower figures are those of the later version.
    held("enqueue", "log bytes a job", 520..=600),
    held("enqueue", "rows written", 30_001..=30_001),
    // All but nothing: what is looked at is the list of these figures.
    held("enqueue", "rows read", 0..=1500),
    // Five for each claim and four for its report, both with clock and commit, and 9 for the connection.
    held("run", "statements", 99..=99),
    held("run", "commits", 21..=21),
    // 572 to 600.
    held("run", "log bytes a job", 555..=620),
    held("run", "rows written", 50_000..=50_000),
    // 70,638.
    held("run", "rows read", 70_000..=72_000),
    // 163 to 199, and 29 to 43.
    held("drain", "statements", 115..=350),
    held("drain", "commits", 20..=90),
    // 563 to 592; this and the rows written are more, as above, by the leases that the first heartbeat finds.
    held("drain", "log bytes a job", 540..=690),
    held("drain", "rows written", 50_003..=57_100),
    // 100,555 to 109,590: a heartbeat may find up to 7,000 leases, and rows that others just took are passed.
    held("drain", "rows read", 70_000..=140_000),
    // 90 to 93: three for each commit.
    held("single", "statements", 85..=140),
    held("single", "commits", 25..=40),
    // 629 to 669; a seventh more once, when the server could still write statistics of its own meanwhile (these are 200 jobs).
    held("single", "log bytes a job", 605..=860),
    held("single", "rows written", 601..=602),
    held("single", "rows read", 0..=1500),
];

/// MySQL 9.7, likewise.
pub(super) const MYSQL: &[Held] = &[
    held("enqueue", "statements", 42..=43),
    held("enqueue", "commits", 12..=12),
    // 627 to 641.
    held("enqueue", "log bytes a job", 605..=665),
    // 20,453.
    held("enqueue", "rows written", 20_001..=21_000),
    held("enqueue", "rows read", 0..=2500),
    held("run", "statements", 99..=99),
    held("run", "commits", 21..=21),
    // 782 to 824.
    held("run", "log bytes a job", 755..=850),
    // 40,451 and 70,956.
    held("run", "rows written", 40_000..=41_500),
    held("run", "rows read", 70_000..=73_000),
    // 183 to 196, and 39 to 43.
    held("drain", "statements", 115..=350),
    held("drain", "commits", 20..=90),
    // 777 to 813, and 848 once.
    held("drain", "log bytes a job", 750..=910),
    // 40,486 to 40,606, and 94,502 to 101,582.
    held("drain", "rows written", 40_000..=55_000),
    held("drain", "rows read", 70_000..=140_000),
    // 90 to 93.
    held("single", "statements", 85..=140),
    held("single", "commits", 25..=40),
    // 686 to 689, and 774 twice.
    held("single", "log bytes a job", 650..=785),
    held("single", "rows written", 600..=1500),
    held("single", "rows read", 0..=2500),
];

/// SQLite, whose log holds whole pages of 4,096 bytes. Nobody outside can count its statements.
pub(super) const SQLITE: &[Held] = &[
    held("enqueue", "commits", 10..=10),
    // 514 bytes in 1,249 pages: some of which each call fills on.
    held("enqueue", "log bytes a job", 498..=532),
    held("enqueue", "pages", 1210..=1290),
    held("run", "commits", 20..=20),
    // 500 bytes in 1,215 pages.
    held("run", "log bytes a job", 485..=520),
    held("run", "pages", 1180..=1260),
    // 21 to 26: claims and reports share commits.
    held("drain", "commits", 15..=60),
    // 470 to 514 in 1,141 to 1,249 pages: each commit writes the pages that it shares with others anew.
    held("drain", "log bytes a job", 440..=620),
    held("drain", "pages", 1080..=1500),
    // 25 to 27, and 4,470 to 4,676: nine pages a commit.
    held("single", "commits", 25..=40),
    held("single", "log bytes a job", 3300..=7000),
    held("single", "pages", 160..=340),
];
