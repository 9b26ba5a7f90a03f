//! The caller's own transaction: jobs and outcomes that commit with it.

use std::{any::Any, future::Future, iter, pin::Pin};

use longshore_core::NewJob;
use longshore_store::{Decorator, Enqueued, Error, ErrorKind, Finish, Finished, Result, Store};

type Answering<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// An open transaction, or a connection on which one was begun, of an engine that is switched on:
/// `sqlx::Transaction`, `sqlx::SqliteConnection`, `sqlx::PgConnection`, `sqlx::MySqlConnection`.
///
/// Nothing here commits or rolls back: that stays with the caller.
pub trait Transactional: Send + sealed::Sealed {
    /// Stores jobs in it; the storage decides where and how.
    #[doc(hidden)]
    fn enqueue_in<'a>(
        &'a mut self,
        store: &'a dyn Store,
        jobs: &'a [NewJob],
    ) -> Answering<'a, Vec<Enqueued>>;

    /// Closes attempts in it.
    #[doc(hidden)]
    fn finish_in<'a>(
        &'a mut self,
        store: &'a dyn Store,
        finishes: &'a [Finish],
    ) -> Answering<'a, Vec<Finished>>;
}

mod sealed {
    #[allow(unreachable_pub, reason = "seals a public trait")]
    pub trait Sealed {}
}

/// The storage as the engine whose connection was given, beneath whatever decorates it.
fn of_engine<'a, S: Any>(store: &'a dyn Store, connection: &str) -> Result<&'a S> {
    let engine = decorators(store).last().map_or(store, Decorator::beneath);
    let any: &dyn Any = engine;
    any.downcast_ref().ok_or_else(|| {
        let engine = store.engine();
        let advice = format!(
            "the transaction is one of {connection}, and the jobs are stored in {engine}: \
             give a transaction of the same database"
        );
        Error::new(ErrorKind::Invalid, advice)
    })
}

/// What lies around the engine, from the outside in.
fn decorators(store: &dyn Store) -> impl Iterator<Item = &dyn Decorator> {
    iter::successors(store.as_decorator(), |outer| outer.beneath().as_decorator())
}

/// Tells the decorators what was stored past them.
fn tell(store: &dyn Store, jobs: &[NewJob], enqueued: &[Enqueued]) {
    decorators(store).for_each(|decorator| decorator.enqueued_in(jobs, enqueued));
}

macro_rules! transactional {
    ($feature:literal, $name:literal, $store:ty, $connection:ty, $database:ty) => {
        #[cfg(feature = $feature)]
        impl sealed::Sealed for $connection {}

        #[cfg(feature = $feature)]
        impl Transactional for $connection {
            fn enqueue_in<'a>(
                &'a mut self,
                store: &'a dyn Store,
                jobs: &'a [NewJob],
            ) -> Answering<'a, Vec<Enqueued>> {
                Box::pin(async move {
                    let engine = of_engine::<$store>(store, $name)?;
                    let enqueued = engine.enqueue_in(self, jobs).await?;
                    tell(store, jobs, &enqueued);
                    Ok(enqueued)
                })
            }

            fn finish_in<'a>(
                &'a mut self,
                store: &'a dyn Store,
                finishes: &'a [Finish],
            ) -> Answering<'a, Vec<Finished>> {
                Box::pin(async move {
                    of_engine::<$store>(store, $name)?.finish_in(self, finishes).await
                })
            }
        }

        #[cfg(feature = $feature)]
        impl sealed::Sealed for sqlx::Transaction<'_, $database> {}

        #[cfg(feature = $feature)]
        impl Transactional for sqlx::Transaction<'_, $database> {
            fn enqueue_in<'a>(
                &'a mut self,
                store: &'a dyn Store,
                jobs: &'a [NewJob],
            ) -> Answering<'a, Vec<Enqueued>> {
                (**self).enqueue_in(store, jobs)
            }

            fn finish_in<'a>(
                &'a mut self,
                store: &'a dyn Store,
                finishes: &'a [Finish],
            ) -> Answering<'a, Vec<Finished>> {
                (**self).finish_in(store, finishes)
            }
        }
    };
}

transactional!(
    "sqlite",
    "SQLite",
    longshore_sqlite::SqliteStore,
    sqlx::SqliteConnection,
    sqlx::Sqlite
);
transactional!(
    "postgres",
    "PostgreSQL",
    longshore_postgres::PostgresStore,
    sqlx::PgConnection,
    sqlx::Postgres
);
transactional!(
    "mysql",
    "MySQL or MariaDB",
    longshore_mysql::MysqlStore,
    sqlx::MySqlConnection,
    sqlx::MySql
);
