//! A look at the transactions that are open: one that stays so for hours is in the way of all others.

use longshore_store::{ErrorKind, Finding, Result, Severity};
use sqlx::mysql::MySqlRow;

use crate::{bind::bind, error, row::get, server::Server, store::MysqlStore, unit::Unit};

/// A transaction that is open for so long keeps dead rows from being removed.
const LONG_TRANSACTION_SECONDS: i64 = 3600;

/// The transaction that is open for longest.
struct Oldest {
    seconds: i64,
    /// Whose it is; a prepared one may belong to nobody.
    connection: Option<i64>,
}

pub(crate) async fn finding(store: &MysqlStore, server: &Server) -> Finding {
    let (severity, advice) = match oldest(store, server).await {
        Ok(Some(oldest)) if oldest.seconds > LONG_TRANSACTION_SECONDS => {
            (Severity::Warning, advice(&oldest))
        }
        Ok(_) => (Severity::Good, "none is open for long".into()),
        Err(error) if error.kind() == ErrorKind::Denied || error::is_no_text(&error) => {
            let shows = if server.is_mariadb {
                "the right PROCESS shows them"
            } else {
                "the right SELECT on performance_schema.* shows them, if performance_schema is on"
            };
            (Severity::Good, format!("this user may not see them ({shows})"))
        }
        Err(error) => (Severity::Warning, error.to_string()),
    };
    Finding { subject: "open transactions".into(), severity, advice }
}

fn advice(oldest: &Oldest) -> String {
    let which = match oldest.connection {
        Some(connection) => format!("it is that of connection {connection} (KILL {connection})"),
        None => "it is a prepared one (XA RECOVER)".into(),
    };
    format!(
        "a transaction is open for {} s: rows that left the queue cannot be removed meanwhile; {which}: end it",
        oldest.seconds
    )
}

async fn oldest(store: &MysqlStore, server: &Server) -> Result<Option<Oldest>> {
    if !server.is_mariadb {
        match instrumented(store).await {
            Ok(Some(others)) => return Ok(others),
            // The instruments are off, or not for us to read.
            Ok(None) => {}
            Err(error) if error.kind() == ErrorKind::Denied => {}
            Err(error) => return Err(error),
        }
    }
    let rows = store.question(|sql| &sql.long_transactions, bind![]?).await?;
    rows.first().map(read).transpose()
}

/// What MySQL's instruments see of others; nothing if they do not even see us.
async fn instrumented(store: &MysqlStore) -> Result<Option<Option<Oldest>>> {
    let asked = store.repeat(|inner| async move {
        let mut unit = Unit::reading(&inner.questions).await?;
        // A question to the instruments alone would not open a transaction that they see.
        let rows = match unit.wire().raw("START TRANSACTION").await {
            Ok(()) => unit.wire().rows(&inner.sql.long_transactions_mysql, bind![]?).await,
            Err(error) => Err(error),
        };
        unit.close(rows).await
    });
    let rows = asked.await?;
    let (Some(ours), other) = (rows.first(), rows.get(1)) else { return Ok(None) };
    if !get::<bool>(ours, "is_ours")? {
        return Ok(None);
    }
    other.map(read).transpose().map(Some)
}

fn read(row: &MySqlRow) -> Result<Oldest> {
    let connection = get::<Option<i64>>(row, "connection")?.filter(|id| *id > 0);
    Ok(Oldest { seconds: get(row, "seconds")?, connection })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_in_the_way_is_named() {
        let one = |connection| advice(&Oldest { seconds: 7200, connection });
        assert!(one(Some(47)).contains("open for 7200 s") && one(Some(47)).contains("KILL 47"));
        assert!(one(None).contains("XA RECOVER"));
    }
}
