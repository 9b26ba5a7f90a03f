//! Who must stay when a week goes: a list of ids that only this connection sees. (Under locks on tables such a
//! table needs none.)

use longshore_core::{Retention, Timestamp, Week};
use longshore_store::Result;
use sqlx::{SqlStr, mysql::MySqlArguments};
use uuid::Uuid;

use crate::{
    alone::Alone,
    bind::{at, bind},
    row::count,
    sql::Home,
    store::Inner,
    weeks::Place,
    wire::Wire,
};

/// Makes the list, empty.
pub(crate) const LISTING: &str = "DROP TEMPORARY TABLE IF EXISTS longshore_staying; \
     CREATE TEMPORARY TABLE longshore_staying (id BINARY(16) NOT NULL PRIMARY KEY) ENGINE = InnoDB";

const SURVIVORS: &str = include_str!("../sql/maintain/survivors.sql");
const BARE: &str = include_str!("../sql/maintain/bare.sql");
const ACCOUNTED: &str = include_str!("../sql/maintain/accounted.sql");
const JOBS: &str = include_str!("../sql/maintain/week_jobs.sql");

/// How the texts name the week, so that they can be pasted.
const WEEK: &str = "PARTITION (catch_all)";

/// What to look at.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    /// The ids of the week.
    pub(crate) ids: (Uuid, Uuid),
    /// Who ended before may go.
    pub(crate) cutoff: Timestamp,
    /// Most jobs to list of those with a place or a ledger, and most of the others.
    pub(crate) most: i64,
}

impl Look {
    /// Lists who must stay of a partition; how many jobs it has in all. A second connection counts meanwhile: no
    /// job can come or go. (A third would make it hardly quicker on two cores, and others wait longer.)
    pub(crate) async fn list(
        &self,
        wire: &mut Wire<'_>,
        inner: &Inner,
        partition: Place,
    ) -> Result<u64> {
        let home = &inner.home;
        let of = |text: &str| text.replace(WEEK, &named(&partition.name()));
        wire.raw(home.render(LISTING)).await?;
        let survivors = of(SURVIVORS);
        let mut second = Alone::not_yet(&inner.changes).await?;
        let (listed, counts) = tokio::join!(self.add_known(wire, home, &survivors), async {
            let mut wire = second.wire();
            let (from, to) = self.ids;
            let asked = bind![from, to, from, to, from, to]?;
            let known = counted(&mut wire, &home.render(&of(ACCOUNTED)), asked).await?;
            Ok((known, counted(&mut wire, &home.render(&of(JOBS)), bind![]?).await?))
        });
        let (known, jobs) = second.close(counts).await?;
        listed?;
        if known != jobs {
            self.add_bare(wire, home, &of(BARE)).await?;
        }
        Ok(jobs.0)
    }

    /// The same in the tables aside, where each job is looked up: this is rare, and may take its time.
    pub(crate) async fn list_aside(&self, wire: &mut Wire<'_>, home: &Home) -> Result<()> {
        let aside = |text: &str| {
            let all = text.replace(&format!("{WEEK} "), "");
            all.replace("longshore_jobs ", "longshore_jobs_aside ")
                .replace("longshore_attempts ", "longshore_attempts_aside ")
        };
        wire.raw(home.render(LISTING)).await?;
        self.add_known(wire, home, &aside(SURVIVORS)).await?;
        self.add_bare(wire, home, &aside(BARE)).await
    }

    /// Those with a place or a ledger.
    async fn add_known(&self, wire: &mut Wire<'_>, home: &Home, text: &str) -> Result<()> {
        let (from, to) = self.ids;
        let cutoff = at(self.cutoff);
        let asked = bind![from, to, from, to, from, to, cutoff, self.most]?;
        wire.change_once(&home.render(&listing(text)), asked, false).await.map(|_| ())
    }

    /// Those without a ledger.
    async fn add_bare(&self, wire: &mut Wire<'_>, home: &Home, text: &str) -> Result<()> {
        let asked = bind![self.most]?;
        wire.change_once(&home.render(&listing(text)), asked, false).await.map(|_| ())
    }
}

/// A number of jobs, and their ids folded together.
async fn counted(wire: &mut Wire<'_>, ask: &SqlStr, asked: MySqlArguments) -> Result<(u64, u64)> {
    let row = wire.row(ask, asked).await?;
    row.map_or(Ok((0, 0)), |row| Ok((count(&row, "jobs")?, count(&row, "ids")?)))
}

fn named(partition: &str) -> String {
    format!("PARTITION (`{partition}`)")
}

/// How many jobs are on the list.
pub(crate) async fn listed(wire: &mut Wire<'_>, home: &Home) -> Result<u64> {
    let ask = home.render("SELECT COUNT(*) AS jobs FROM longshore_staying");
    let row = wire.row(&ask, bind![]?).await?;
    row.map_or(Ok(0), |row| count(&row, "jobs"))
}

/// What a rotation runs by the default retention, for people.
pub(crate) fn statements(week: Week) -> [String; 3] {
    let retention = Retention::default();
    let (from, to) = week.ids();
    let [from, to] = [from, to].map(|id| format!("x'{}'", id.simple()));
    let (from, to) = (from.as_str(), to.as_str());
    let cutoff = format!("UTC_TIMESTAMP(6) - INTERVAL {} SECOND", retention.keep().as_secs());
    let most = (u64::from(retention.most_survivors) + 1).to_string();
    let with = |text: &str, asked: &[&str]| {
        let text = listing(text.trim_end()).replace(WEEK, &named(&week.to_string()));
        asked.iter().fold(text, |text, value| text.replacen('?', value, 1))
    };
    let known = with(SURVIVORS, &[from, to, from, to, from, to, &cutoff, &most]);
    [LISTING.to_owned(), known, with(BARE, &[&most])]
}

/// Puts what a question answers on the list.
fn listing(question: &str) -> String {
    format!("INSERT IGNORE INTO longshore_staying\n{question}")
}
