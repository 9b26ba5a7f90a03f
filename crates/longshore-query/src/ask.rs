//! Who asks: the dialect, where the tables are, what time it is.

use longshore_core::Timestamp;
use sea_query::{
    Expr, IntoIden, IntoTableRef, MysqlQueryBuilder, PostgresQueryBuilder, SelectStatement,
    SqliteQueryBuilder, TableRef, Value, Values,
};

/// How a database wants its questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Times are integers (microseconds), ids are blobs.
    Sqlite,
    /// Times and ids are native.
    Postgres,
    /// Times are `DATETIME(6)`, ids are `BINARY(16)`.
    Mysql,
}

/// A storage's way to ask.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Its dialect.
    pub dialect: Dialect,
    /// The schema of its tables, where there are schemas.
    pub schema: Option<&'a str>,
    /// What the names of its tables begin with.
    pub prefix: &'a str,
    /// The time that decides what is due; the storage takes it from the database.
    pub now: Timestamp,
}

impl Ask<'_> {
    /// A table (or the `transitions` view) under a short name.
    pub(crate) fn table(&self, name: &str, short: impl IntoIden) -> TableRef {
        let name = format!("{}{name}", self.prefix);
        match self.schema {
            Some(schema) => (schema.to_owned(), name).into_table_ref(),
            None => name.into_table_ref(),
        }
        .alias(short)
    }

    /// A point in time, as this database stores it.
    pub(crate) fn time(&self, time: Timestamp) -> Expr {
        match self.dialect {
            Dialect::Sqlite => Expr::val(time.timestamp_micros()),
            Dialect::Postgres => Expr::val(time),
            // With a zone it would travel as a TIMESTAMP, which ends in 2038.
            Dialect::Mysql => Expr::val(time.naive_utc()),
        }
    }

    /// An id, as this database stores it.
    pub(crate) fn id(&self, id: uuid::Uuid) -> Expr {
        match self.dialect {
            Dialect::Postgres => Expr::val(id),
            Dialect::Sqlite | Dialect::Mysql => {
                Expr::val(Value::Bytes(Some(id.as_bytes().to_vec())))
            }
        }
    }

    pub(crate) fn build(&self, select: &SelectStatement) -> (String, Values) {
        match self.dialect {
            Dialect::Sqlite => select.build(SqliteQueryBuilder),
            Dialect::Postgres => select.build(PostgresQueryBuilder),
            Dialect::Mysql => select.build(MysqlQueryBuilder),
        }
    }
}
