//! Binding of parameters, away from any connection.

use chrono::NaiveDateTime;
use longshore_core::Timestamp;
use longshore_store::{Error, ErrorKind, Result};
use sqlx::{Arguments, Encode, MySql, Type, mysql::MySqlArguments};

/// Encodes parameters in their order: `bind![&ids, limit]?`.
macro_rules! bind {
    () => {
        longshore_store::Result::<_, longshore_store::Error>::Ok(sqlx::mysql::MySqlArguments::default())
    };
    ($($value:expr),+ $(,)?) => {{
        let mut arguments = sqlx::mysql::MySqlArguments::default();
        let bound: longshore_store::Result<sqlx::mysql::MySqlArguments> = (|| {
            $(sqlx::Arguments::add(&mut arguments, $value).map_err($crate::bind::unencodable)?;)+
            Ok(arguments)
        })();
        bound
    }};
}
pub(crate) use bind;

/// Encodes one more parameter.
pub(crate) fn add<'v, T>(arguments: &mut MySqlArguments, value: T) -> Result<()>
where
    T: Encode<'v, MySql> + Type<MySql>,
{
    Arguments::add(arguments, value).map_err(unencodable)
}

pub(crate) fn unencodable(cause: sqlx::error::BoxDynError) -> Error {
    Error::new(ErrorKind::Invalid, format!("a value cannot be sent to the database: {cause}"))
        .caused_by(cause)
}

/// Our numbers are `u32`, the columns are signed.
pub(crate) fn int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// A time as a `DATETIME`. With a zone it would travel as a `TIMESTAMP`, which knows no year before 1970
/// and none after 2038.
pub(crate) fn at(time: Timestamp) -> NaiveDateTime {
    time.naive_utc()
}

/// Whole microseconds, as intervals travel.
pub(crate) fn micros(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
