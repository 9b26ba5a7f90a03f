//! Connections that break, servers that are gone, calls that wait, settings that lose jobs.

use std::{sync::Arc, time::Duration};

use longshore_conformance::{Crew, finish};
use longshore_core::{NewJob, Outcome, State};
use longshore_mysql::{MysqlOptions, MysqlStore};
use longshore_store::{
    Consume, ErrorKind, Hint, Inspect, Maintain, Operate, Produce, Renewed, Severity,
};

use sqlx::{AssertSqlSafe, Row, mysql::MySqlSslMode};

use crate::{between::pretending, server::Fresh};

fn job() -> NewJob {
    NewJob::of_kind(longshore_conformance::KIND)
}

/// Ends all connections to the database of this test but the one that asks.
async fn kill_all(fresh: &Fresh) -> i64 {
    let mut connection = fresh.connection().await;
    let ask = format!(
        "SELECT id FROM {} WHERE db = DATABASE() AND id <> CONNECTION_ID()",
        fresh.processes().await
    );
    let ids: Vec<(i64,)> =
        sqlx::query_as(AssertSqlSafe(ask)).fetch_all(&mut connection).await.unwrap();
    for (id,) in &ids {
        // One that ended by itself meanwhile is fine.
        let _ = sqlx::raw_sql(AssertSqlSafe(format!("KILL CONNECTION {id}")))
            .execute(&mut connection)
            .await;
    }
    i64::try_from(ids.len()).unwrap()
}

/// A new user with some rights on this test's database, and how it connects.
pub(crate) async fn user_with(fresh: &Fresh, rights: &str) -> (MysqlOptions, String) {
    let database = fresh.options.connect.get_database().unwrap().to_owned();
    let user = format!("u{}", &database[database.len() - 20..]);
    fresh
        .run(&format!(
            "CREATE USER {user}@'%' IDENTIFIED BY ''; GRANT {rights} ON {database}.* TO {user}@'%'"
        ))
        .await;
    let connect = fresh.options.connect.clone().username(&user);
    (MysqlOptions { connect, ..fresh.options.clone() }, user)
}

pub(crate) async fn terminated_connections_heal(fresh: &Fresh) {
    let crew = Crew::of(Arc::new(fresh.store.clone()));
    for _ in 0..3 {
        fresh.store.enqueue(&[job()]).await.unwrap();
        let claimed = crew.take(1).await.remove(0);
        assert!(kill_all(fresh).await > 0);
        // A connection that rested for less than a second is used without a question, and found broken;
        // the call that found it may be repeated.
        let report = [finish(&claimed, Outcome::Completed)];
        let finished = match fresh.store.finish(&report).await {
            Err(error) => {
                assert!(error.is_transient(), "{error:?}");
                fresh.store.finish(&report).await.unwrap()
            }
            Ok(finished) => finished,
        };
        assert_eq!(finished, [longshore_store::Finished::Recorded]);
        let settled = fresh.store.settled(&[claimed.id]).await;
        let settled = match settled {
            Err(_) => fresh.store.settled(&[claimed.id]).await.unwrap(),
            Ok(settled) => settled,
        };
        assert_eq!(settled[0].as_ref().unwrap().state, State::Completed);
    }
}

pub(crate) async fn a_server_that_is_not_there_is_unavailable(fresh: &Fresh) {
    let connect = fresh.options.connect.clone().host("127.0.0.1").port(1).password("s3cret");
    let error =
        MysqlStore::connect(MysqlOptions { connect, ..fresh.options.clone() }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    let text = error.to_string();
    assert!(text.contains("at 127.0.0.1:1 (") && text.contains("is it running"), "{text}");
    assert!(!format!("{error:?}").contains("s3cret"));
    let connect = fresh.options.connect.clone().database("there_is_no_such_database");
    let error =
        MysqlStore::connect(MysqlOptions { connect, ..fresh.options.clone() }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
}

pub(crate) async fn a_server_that_takes_no_writes_says_so(fresh: &Fresh) {
    let (options, user) = user_with(fresh, "SELECT, INSERT, UPDATE, DELETE").await;
    // The server sets this in each session of a user without rights over the server; here, of this one.
    let is_ours = format!("IF(CURRENT_USER() LIKE '{user}@%', 1, 0)");
    let variable = match fresh.is_mariadb().await {
        true => "tx_read_only",
        false => "transaction_read_only",
    };
    fresh.run(&format!("SET GLOBAL init_connect = \"SET SESSION {variable} = {is_ours}\"")).await;
    let store = MysqlStore::connect(options).await.unwrap();
    let crew = Crew::of(Arc::new(store.clone()));
    for error in [
        store.enqueue(&[job()]).await.unwrap_err(),
        store.heartbeat(&crew.heartbeat(Vec::new())).await.unwrap_err(),
        store.pause("default").await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Denied, "{error:?}");
        assert!(error.to_string().contains("connect to the primary server"), "{error}");
    }
    assert!(store.depths().await.unwrap().is_empty(), "questions are answered");
    store.close().await;
    fresh.run(&format!("SET GLOBAL init_connect = ''; DROP USER {user}@'%'")).await;
}

/// No such server is at hand: one that stands between lets this one say that it is older.
pub(crate) async fn a_server_that_is_too_old_is_refused_by_name(fresh: &Fresh) {
    let mut connection = fresh.connection().await;
    let (said,): (String,) =
        sqlx::query_as("SELECT VERSION()").fetch_one(&mut connection).await.unwrap();
    let (major, rest) = said.split_once('.').unwrap();
    let minor = rest.split('.').next().unwrap();
    let product = if fresh.is_mariadb().await { "MariaDB" } else { "MySQL" };
    let (old_major, old_minor) = if product == "MariaDB" { ("10", 5) } else { ("5", 7) };
    // Of the same length.
    let room = major.len() + minor.len() - old_major.len();
    let older =
        said.replacen(&format!("{major}.{minor}"), &format!("{old_major}.{old_minor:0room$}"), 1);
    let server = &fresh.options.connect;
    let port = pretending(server.get_host(), server.get_port(), said, older).await;
    let connect = server.clone().host("127.0.0.1").port(port).ssl_mode(MySqlSslMode::Disabled);
    let options = MysqlOptions { connect, ..fresh.options.clone() };
    let refused = MysqlStore::connect(options).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Denied);
    let words =
        format!("{product} {old_major}.{old_minor} is too old: Longshore needs SKIP LOCKED");
    assert!(refused.to_string().contains(&words), "{refused}");
    assert!(refused.to_string().ends_with("update the server"), "{refused}");
}

/// All working connections are busy, and the heartbeat still goes through.
pub(crate) async fn a_heartbeat_does_not_wait_for_a_busy_pool(fresh: &Fresh) {
    let options = MysqlOptions { connections: 1, ..fresh.options.clone() };
    let store = MysqlStore::connect(options).await.unwrap();
    let crew = Crew::of(Arc::new(store.clone()));
    store.enqueue(&[job()]).await.unwrap();
    let claimed = crew.take(1).await;
    let mut blocker = fresh.connection().await;
    let lock = "LOCK TABLES longshore_jobs WRITE";
    sqlx::raw_sql(lock).execute(&mut blocker).await.unwrap();
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.enqueue(&[job()]).await }
    });
    let heard = tokio::time::timeout(Duration::from_secs(10), crew.renew(&claimed[0], None)).await;
    assert_eq!(heard.expect("the heartbeat waits"), Renewed::Held);
    sqlx::raw_sql("UNLOCK TABLES").execute(&mut blocker).await.unwrap();
    waiting.await.unwrap().unwrap();
    store.close().await;
}

/// S2-35: a lock that takes too long takes back its statement alone; the whole call is repeated.
pub(crate) async fn a_call_that_waits_for_a_row_is_repeated_as_a_whole(fresh: &Fresh) {
    let crew = Crew::of(Arc::new(fresh.store.clone()));
    fresh.store.enqueue(&[job()]).await.unwrap();
    let claimed = crew.take(1).await.remove(0);
    let mut blocker = fresh.connection().await;
    sqlx::raw_sql("BEGIN; SELECT * FROM longshore_leases FOR UPDATE")
        .execute(&mut blocker)
        .await
        .unwrap();
    let report = [finish(&claimed, Outcome::Completed)];
    let mut finishing = tokio::spawn({
        let store = fresh.store.clone();
        async move { store.finish(&report).await }
    });
    tokio::time::timeout(Duration::from_secs(7), &mut finishing)
        .await
        .expect_err("it waits for the row");
    sqlx::raw_sql("ROLLBACK").execute(&mut blocker).await.unwrap();
    assert_eq!(finishing.await.unwrap().unwrap(), [longshore_store::Finished::Recorded]);
}

pub(crate) async fn an_enqueue_wakes_its_own_process(fresh: &Fresh) {
    let mut hints = fresh.store.hints();
    fresh.store.enqueue(&[NewJob { queue: "harbour: one".into(), ..job() }]).await.unwrap();
    assert!(matches!(hints.next().await, Hint::Lane(lane) if &*lane.queue == "harbour: one"));
}

pub(crate) async fn a_user_without_rights_is_told_so(fresh: &Fresh) {
    let (options, user) = user_with(fresh, "SELECT, INSERT, UPDATE, DELETE").await;
    let store = MysqlStore::connect(options).await.unwrap();
    store.enqueue(&[job()]).await.unwrap();
    let findings = store.check_up().await.unwrap();
    let rights = findings.iter().find(|finding| finding.subject == "rights").unwrap();
    assert_eq!(rights.severity, Severity::Warning);
    assert!(rights.advice.contains("ALTER, CREATE, DROP"), "{}", rights.advice);
    assert!(rights.advice.contains("`longshore migrate`"), "{}", rights.advice);
    let open = findings.iter().find(|finding| finding.subject == "open transactions").unwrap();
    assert_eq!(open.severity, Severity::Good);
    assert!(open.advice.contains("may not see them (the right "), "{}", open.advice);
    assert!(store.prepare_weeks(30).await.unwrap().is_empty(), "it is warned of, and no error");
    store.close().await;
    fresh.run(&format!("DROP USER {user}@'%'")).await;
}

pub(crate) async fn a_check_up_finds_nothing_bad(fresh: &Fresh) {
    let findings = fresh.store.check_up().await.unwrap();
    let durability = "innodb_flush_log_at_trx_commit";
    let others = findings.iter().filter(|finding| finding.subject != durability);
    for finding in others {
        assert_eq!(finding.severity, Severity::Good, "{finding:?}");
    }
    let flush = findings.iter().find(|finding| finding.subject == durability).unwrap();
    let durable = fresh.number("SELECT @@innodb_flush_log_at_trx_commit = 1").await == 1;
    assert_eq!(flush.severity == Severity::Good, durable, "{flush:?}");
}

/// A statement that waits for a row, with bytes in it that are no text: ids are such bytes.
async fn wait_with_bytes(mut connection: sqlx::MySqlConnection) {
    sqlx::raw_sql("BEGIN").execute(&mut connection).await.unwrap();
    let wait = sqlx::query("SELECT /* waits */ ?, id FROM longshore_guard FOR UPDATE");
    wait.bind(&b"\xff\xfe\x01\xc3"[..]).fetch_all(&mut connection).await.unwrap();
}

pub(crate) async fn a_check_up_is_not_troubled_by_bytes_that_are_no_text(fresh: &Fresh) {
    let mut holder = fresh.connection().await;
    let hold = "BEGIN; SELECT id FROM longshore_guard FOR UPDATE";
    sqlx::raw_sql(hold).execute(&mut holder).await.unwrap();
    let waiting = tokio::spawn(wait_with_bytes(fresh.connection().await));
    let waits = format!(
        "SELECT COUNT(*) FROM {} WHERE db = DATABASE() AND text LIKE '%/* waits */%' AND id <> CONNECTION_ID()",
        fresh.processes().await
    );
    while fresh.number(&waits).await == 0 {
        assert!(!waiting.is_finished(), "it waited for nothing");
    }
    let mut connection = fresh.connection().await;
    if !fresh.is_mariadb().await {
        let usual = sqlx::query("SELECT trx_query FROM information_schema.innodb_trx");
        let refused = usual.fetch_all(&mut connection).await.unwrap_err().to_string();
        assert!(refused.contains("Cannot convert string"), "{refused}");
        // What the check-up asks instead sees itself first, and then one of the two.
        let text = include_str!("../../sql/maintain/long_transactions_mysql.sql");
        sqlx::raw_sql("BEGIN").execute(&mut connection).await.unwrap();
        let rows = sqlx::query(text).fetch_all(&mut connection).await.unwrap();
        let ours: Vec<i64> = rows.iter().map(|row| row.get("is_ours")).collect();
        assert_eq!(ours, [1, 0]);
    }
    let findings = fresh.store.check_up().await.unwrap();
    let open = findings.iter().find(|finding| finding.subject == "open transactions").unwrap();
    let good = (Severity::Good, "none is open for long");
    assert_eq!((open.severity, open.advice.as_str()), good);
    sqlx::raw_sql("ROLLBACK").execute(&mut holder).await.unwrap();
    waiting.await.unwrap();
}
