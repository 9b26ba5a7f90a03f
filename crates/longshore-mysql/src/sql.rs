//! All fixed statements, rendered once for the database and the prefix of a store.

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

/// Where our tables are: every name is qualified, so that a caller's connection may be anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Home {
    /// The database.
    pub(crate) database: String,
    /// What the names of our tables begin with.
    pub(crate) prefix: String,
}

impl Home {
    /// The name of a table, to be looked up in the server's own lists.
    pub(crate) fn table(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Puts our names into a text that is written for the prefix `longshore_`.
    pub(crate) fn render(&self, text: &str) -> SqlStr {
        // Safe: the prefix was checked to be a plain identifier, the database's name is quoted, and the
        // rest of the text is ours.
        let database = self.database.replace('`', "``");
        let text = text.replace("longshore_", &format!("`{database}`.{}", self.prefix));
        AssertSqlSafe(text).into_sql_str()
    }
}

/// A statement that is written for one row and sent with as many as there are.
#[derive(Debug)]
pub(crate) struct Repeated {
    begin: String,
    row: String,
}

impl Repeated {
    fn of(home: &Home, text: &str) -> Self {
        let text = home.render(text);
        // The row is the last line of the text.
        let (begin, row) = text.as_str().trim_end().rsplit_once('\n').unwrap_or_default();
        Self { begin: begin.to_owned(), row: row.to_owned() }
    }

    /// With so many rows.
    pub(crate) fn rows(&self, count: usize) -> SqlStr {
        let mut text = String::with_capacity(self.begin.len() + count * (self.row.len() + 1));
        text.push_str(&self.begin);
        for number in 0..count {
            text.push(if number == 0 { '\n' } else { ',' });
            text.push_str(&self.row);
        }
        // Safe: places for values are repeated, and nothing else.
        AssertSqlSafe(text).into_sql_str()
    }
}

/// A statement with a list of ids at its end, which is written for one.
///
/// `JSON_TABLE` would take a list of any length, at a higher price: rows are deleted for 13 µs each instead of 16, and
/// leases for 6 instead of 9 (MariaDB 10.11, by thousands).
#[derive(Debug)]
pub(crate) struct Listed([SqlStr; LENGTHS]);

/// Lists have 1, 2, 4 .. 1024 ids, so that all their statements stay prepared.
const LENGTHS: usize = 11;
/// Ids of one statement.
pub(crate) const MOST_IDS: usize = 1 << (LENGTHS - 1);

impl Listed {
    fn of(home: &Home, text: &str) -> Self {
        let text = home.render(text);
        let (begin, end) = text.as_str().rsplit_once("(?)").unwrap_or_default();
        Self(std::array::from_fn(|length| {
            let others = ", ?".repeat((1 << length) - 1);
            // Safe: places for values are repeated, and nothing else.
            AssertSqlSafe(format!("{begin}(?{others}){end}")).into_sql_str()
        }))
    }

    /// The statement for so many ids, up to [`MOST_IDS`], and how many it takes: who has fewer repeats one.
    pub(crate) fn ids(&self, count: usize) -> (&SqlStr, usize) {
        let length = count.clamp(1, MOST_IDS).next_power_of_two();
        (&self.0[length.ilog2() as usize], length)
    }
}

macro_rules! statements {
    (
        $($name:ident = $file:literal),+;
        repeated: $($repeated:ident = $rows:literal),+;
        listed: $($listed:ident = $ids:literal),+
    ) => {
        /// The statements by name; the texts are in `sql/`.
        #[derive(Debug)]
        pub(crate) struct Sql {
            $(pub(crate) $name: SqlStr,)+
            $(pub(crate) $repeated: Repeated,)+
            $(pub(crate) $listed: Listed,)+
        }

        impl Sql {
            pub(crate) fn of(home: &Home) -> Self {
                Self {
                    $($name: home.render(include_str!(concat!("../sql/", $file, ".sql"))),)+
                    $($repeated: Repeated::of(home, include_str!(concat!("../sql/", $rows, ".sql"))),)+
                    $($listed: Listed::of(home, include_str!(concat!("../sql/", $ids, ".sql"))),)+
                }
            }
        }
    };
}

statements! {
    register_lanes = "produce/lanes",
    stored = "produce/stored",
    look_for_keys = "produce/look_for_keys",
    take_keys = "produce/take_keys",
    key_holders = "produce/key_holders",
    share_guard = "produce/share_guard",
    lanes = "consume/lanes",
    probe = "consume/probe",
    claim = "consume/claim",
    ledger = "consume/ledger",
    again = "consume/again",
    bury = "consume/bury",
    keep_results = "consume/keep_results",
    free_keys = "consume/free_keys",
    siblings = "consume/siblings",
    lock_siblings = "consume/lock_siblings",
    next_due = "consume/next_due",
    renew = "consume/renew",
    beat = "consume/beat",
    leave = "consume/leave",
    jobs = "inspect/jobs",
    logs = "inspect/logs",
    settled = "inspect/settled",
    holder = "inspect/holder",
    depths = "inspect/depths",
    queues = "inspect/queues",
    workers = "inspect/workers",
    circumstances = "inspect/circumstances",
    ahead = "inspect/ahead",
    lock_jobs = "operate/lock_jobs",
    lock_job = "operate/lock_job",
    update = "operate/update",
    standings = "operate/standings",
    lock_waiting = "operate/lock_waiting",
    lock_dead = "operate/lock_dead",
    move_ledger = "operate/ledger",
    leave_queue = "operate/leave_queue",
    leave_dead = "operate/leave_dead",
    move_to_queue = "operate/queue_up",
    lock_leases = "operate/lock_leases",
    request_cancel = "operate/request_cancel",
    dead = "operate/dead",
    name_queue = "operate/name_queue",
    pause = "operate/pause",
    resume = "operate/resume",
    expired = "maintain/expired",
    lock_expired = "maintain/lock_expired",
    policies = "maintain/policies",
    lock_sample = "maintain/lock_sample",
    sampled_within = "maintain/sampled_within",
    sample = "maintain/sample",
    forget_workers = "maintain/forget_workers",
    settings = "maintain/settings",
    vitals = "maintain/vitals",
    long_transactions = "maintain/long_transactions",
    long_transactions_mysql = "maintain/long_transactions_mysql",
    weeks = "maintain/weeks",
    week_bytes = "maintain/week_bytes",
    hold_guard = "maintain/hold_guard",
    placed = "maintain/placed",
    passing = "maintain/passing",
    let_go = "maintain/let_go",
    let_go_ledger = "maintain/let_go_ledger",
    let_go_labels = "maintain/let_go_labels",
    let_go_results = "maintain/let_go_results",
    engines = "maintain/engines";
    repeated:
        enqueue = "produce/enqueue",
        enqueue_plain = "produce/enqueue_plain",
        enqueue_now = "produce/enqueue_now",
        queue_up = "produce/queue_up",
        queue_up_now = "produce/queue_up_now",
        label = "produce/labels";
    listed:
        lease = "consume/lease",
        lease_lane = "consume/lease_lane",
        take = "consume/take",
        fences = "consume/fences",
        ledger_alike = "consume/ledger_alike",
        ledger_unseen = "consume/ledger_unseen",
        close = "consume/close"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_qualified_and_quoted() {
        let home = Home { database: "a`b".into(), prefix: "jobs_".into() };
        let text = home.render("SELECT * FROM longshore_queue q FORCE INDEX (queue_by_id)");
        assert_eq!(text.as_str(), "SELECT * FROM `a``b`.jobs_queue q FORCE INDEX (queue_by_id)");
    }

    #[test]
    fn a_row_is_repeated() {
        let home = Home { database: "a".into(), prefix: "longshore_".into() };
        let one = Repeated::of(&home, "INSERT INTO longshore_lanes\nVALUES\n(?, ?)\n");
        assert_eq!(one.rows(2).as_str(), "INSERT INTO `a`.longshore_lanes\nVALUES\n(?, ?),(?, ?)");
    }

    #[test]
    fn a_list_has_as_many_places_as_the_next_power_of_two() {
        let home = Home { database: "a".into(), prefix: "longshore_".into() };
        let statement =
            Listed::of(&home, "DELETE l FROM longshore_leases l WHERE l.id IN (?) FOR UPDATE\n");
        for (count, places) in [(0, 1), (1, 1), (3, 4), (4, 4), (1000, 1024), (5000, MOST_IDS)] {
            let (text, taken) = statement.ids(count);
            assert_eq!((taken, text.as_str().matches('?').count()), (places, places));
            assert!(text.as_str().ends_with("?) FOR UPDATE\n"), "{}", text.as_str());
        }
    }
}
