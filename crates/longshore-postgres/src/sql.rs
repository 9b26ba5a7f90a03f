//! All fixed statements, rendered once for the schema of a store.

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

/// Puts another schema's name into a statement that is written for `longshore`.
pub(crate) fn render(schema: &str, text: &'static str) -> SqlStr {
    if schema == "longshore" {
        return SqlStr::from_static(text);
    }
    // Safe: the name was checked to be a plain identifier, and the rest of the text is ours.
    AssertSqlSafe(renamed(schema, text)).into_sql_str()
}

/// The same as text, for people.
pub(crate) fn renamed(schema: &str, text: &str) -> String {
    text.replace("longshore.", &format!("\"{schema}\"."))
}

macro_rules! statements {
    ($($name:ident = $file:literal),+ $(,)?) => {
        /// The statements by name; the texts are in `sql/`.
        #[derive(Debug)]
        pub(crate) struct Sql {
            $(pub(crate) $name: SqlStr,)+
        }

        impl Sql {
            pub(crate) fn of(schema: &str) -> Self {
                Self { $($name: render(schema, include_str!(concat!("../sql/", $file, ".sql"))),)+ }
            }
        }
    };
}

statements! {
    register_lanes = "produce/lanes",
    enqueue = "produce/enqueue",
    label = "produce/labels",
    stored = "produce/stored",
    take_keys = "produce/take_keys",
    key_holders = "produce/key_holders",
    expire_keys = "produce/expire_keys",
    return_keys = "produce/return_keys",
    lanes = "consume/lanes",
    claim = "consume/claim",
    finish = "consume/finish",
    finish_plain = "consume/finish_plain",
    siblings = "consume/siblings",
    next_due = "consume/next_due",
    heartbeat = "consume/heartbeat",
    leave = "consume/leave",
    jobs = "inspect/jobs",
    logs = "inspect/logs",
    settled = "inspect/settled",
    holder = "inspect/holder",
    depths = "inspect/depths",
    queues = "inspect/queues",
    workers = "inspect/workers",
    circumstances = "inspect/circumstances",
    standings = "operate/standings",
    lock_dead = "operate/lock_dead",
    lock_job = "operate/lock_job",
    stand_still = "operate/stand_still",
    update = "operate/update",
    unlabel = "operate/unlabel",
    apply = "operate/apply",
    request_cancel = "operate/request_cancel",
    delete_dead = "operate/delete_dead",
    pause = "operate/pause",
    resume = "operate/resume",
    expired = "maintain/expired",
    sampled_within = "maintain/sampled_within",
    sample = "maintain/sample",
    forget_workers = "maintain/forget_workers",
    settings = "maintain/settings",
    vitals = "maintain/vitals",
    weeks = "maintain/weeks",
    week_rows = "maintain/week_rows",
    owns_weeks = "maintain/owns_weeks",
    placed = "maintain/placed",
    survivors = "maintain/survivors",
    accounted = "maintain/accounted",
    bare = "maintain/bare",
    sweep = "maintain/sweep",
}
