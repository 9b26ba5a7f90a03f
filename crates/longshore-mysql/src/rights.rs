//! Whether this user may make and drop weeks.

use longshore_store::{Error, ErrorKind, Result};
use sqlx::AssertSqlSafe;

use crate::{error::lacking_right, row::get, sql::Home, wire::Wire};

/// What it takes.
const NEEDED: [&str; 7] =
    ["ALTER", "CREATE", "DROP", "INSERT", "DELETE", "LOCK TABLES", "CREATE TEMPORARY TABLES"];

/// What to do where the server refused a right that none of the shipped roles has: another user has it.
pub(crate) fn owners_affair(error: Error, what: &str, command: &str) -> Error {
    let Some(said) = lacking_right(&error) else { return error };
    let advice = format!(
        "this user may not {what} ({said}): run `{command}` as one with all rights on this database"
    );
    // Without its cause, which tells of the shipped roles.
    Error::new(ErrorKind::Denied, advice)
}

/// The rights on our database that this user lacks for it.
pub(crate) async fn missing(wire: &mut Wire<'_>, home: &Home) -> Result<Vec<&'static str>> {
    let rows = wire.raw_rows("SELECT CURRENT_ROLE() AS roles, VERSION() AS version").await?;
    let (mut roles, mut version) = (None, String::new());
    if let Some(row) = rows.first() {
        (roles, version) = (get::<Option<String>>(row, "roles")?, get(row, "version")?);
    }
    let is_mysql = !version.to_ascii_lowercase().contains("mariadb");
    // MariaDB shows the rights of a role by itself.
    let text = match roles.filter(|roles| is_mysql && roles != "NONE") {
        Some(roles) => format!("SHOW GRANTS FOR CURRENT_USER() USING {roles}"),
        None => "SHOW GRANTS".to_owned(),
    };
    let mut missing = NEEDED.to_vec();
    // Safe: the server wrote the names, quoted.
    for row in wire.raw_rows(AssertSqlSafe(text)).await? {
        let text: String = get(&row, 0)?;
        let granted = text.strip_prefix("GRANT ").and_then(|text| text.split_once(" ON "));
        let Some((rights, on)) = granted else { continue };
        if covers(on, &home.database) {
            let has = |right: &str| {
                rights
                    .split(',')
                    .any(|word| word.trim() == right || word.trim() == "ALL PRIVILEGES")
            };
            missing.retain(|right| !has(right));
        }
    }
    Ok(missing)
}

/// Whether rights that are granted on this hold for our whole database.
fn covers(on: &str, database: &str) -> bool {
    let Some((of, what)) = on.split_once('.') else { return false };
    let of = of.trim_matches('`').replace("\\_", "_");
    let of_all = what == "*" || what.starts_with("* ");
    let is_ours = of == "*"
        || of == database
        || of.strip_suffix('%').is_some_and(|begin| database.starts_with(begin));
    of_all && is_ours
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_hold_for_the_database_that_they_are_granted_on() {
        for on in ["*.* TO `a`@`%`", "`mine`.* TO `a`@`%`", "`mi%`.* TO `a`@`%`"] {
            assert!(covers(on, "mine"), "{on}");
        }
        for on in
            ["`yours`.* TO `a`@`%`", "`mine`.`longshore_jobs` TO `a`@`%`", "`a`@`%` TO `b`@`%`"]
        {
            assert!(!covers(on, "mine"), "{on}");
        }
    }
}
