//! A place of its own for each test: an empty folder, and an empty database or schema.

use std::{
    env,
    fmt::Write,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use longshore::{
    JobId,
    sqlx::{
        self, AssertSqlSafe, ConnectOptions, Connection, MySqlConnection, PgConnection,
        SqliteConnection, raw_sql,
    },
};
use serde_json::Value;
use tempfile::TempDir;

use crate::process::Process;

/// Longer than anything here takes on a slow machine.
const PATIENCE: Duration = Duration::from_secs(120);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// An empty folder and an empty database.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    /// The database, as `longshore.toml` names it.
    pub(crate) url: String,
    /// The schema on PostgreSQL.
    pub(crate) schema: Option<String>,
}

/// How a command ended, and what it printed.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("longshore.db").display());
        let place = Self { folder, url, schema: None };
        place.settings("");
        place
    }

    /// Runs a test on the server that a variable names, in a schema that is dropped afterwards.
    pub(crate) fn on_postgres(variable: &str, test: fn(&Self)) {
        let Some(server) = server(variable) else { return };
        let place = Self::on_postgres_server(&server);
        test(&place);
        // A schema of a failed test stays for whoever wants to look at it.
        let schema = place.schema.as_deref().unwrap();
        place.sql(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE"));
    }

    /// An empty folder, and on PostgreSQL the name of a schema that is not there yet, else an empty database.
    pub(crate) fn on_server(server: &str) -> Self {
        if server.starts_with("mysql:") {
            Self::on_mysql_server(server)
        } else {
            Self::on_postgres_server(server)
        }
    }

    fn on_postgres_server(server: &str) -> Self {
        let schema = format!("it_{}", JobId::new().0.simple());
        let sign = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{sign}application_name={schema}");
        let place = Self { folder: tempfile::tempdir().unwrap(), url, schema: Some(schema) };
        place.settings("");
        place
    }

    /// Runs a test on the server that a variable names, in a database that is dropped afterwards.
    pub(crate) fn on_mysql(variable: &str, test: fn(&Self)) {
        let Some(server) = server(variable) else { return };
        let place = Self::on_mysql_server(&server);
        test(&place);
        // A database of a failed test stays for whoever wants to look at it.
        let (_, name) = place.url.rsplit_once('/').unwrap();
        sql(&server, &format!("DROP DATABASE {name}"));
    }

    fn on_mysql_server(server: &str) -> Self {
        let name = format!("it_{}", JobId::new().0.simple());
        sql(server, &format!("CREATE DATABASE {name}"));
        let (host, _) = server.rsplit_once('/').unwrap();
        let url = format!("{host}/{name}");
        let place = Self { folder: tempfile::tempdir().unwrap(), url, schema: None };
        place.settings("");
        place
    }

    /// Whether this is a database on MySQL or MariaDB.
    pub(crate) fn is_mysql(&self) -> bool {
        self.url.starts_with("mysql:")
    }

    /// Ends all connections of the programs under test.
    pub(crate) fn sever(&self) {
        match &self.schema {
            Some(name) => self.sql(&format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{name}'"
            )),
            None => kill_all(&self.url),
        }
    }

    /// Writes `longshore.toml`: this place's database, and more.
    pub(crate) fn settings(&self, more: &str) {
        let mut text = format!("[database]\nurl = \"{}\"\n", self.url);
        if let Some(schema) = &self.schema {
            writeln!(text, "schema = \"{schema}\"").unwrap();
        }
        self.write("longshore.toml", &format!("{text}\n{more}"));
    }

    /// Writes a file into the folder.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// What stands in a file of the folder; nothing if it is not there.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    /// The binary, in this folder, deaf to variables of the machine that the tests run on.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_longshore"));
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        for variable in [
            "DATABASE_URL",
            "LONGSHORE_DATABASE_URL",
            "LONGSHORE_LOG",
            "LONGSHORE_LOG_FORMAT",
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "BENCH_MODE",
        ] {
            command.env_remove(variable);
        }
        // Many run at a time, and there is one usual address.
        command.env("LONGSHORE_LISTEN", "none");
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Answer {
        let output = self.command(args).output().unwrap();
        Answer {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs a command that must succeed.
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let answer = self.run(args);
        assert_eq!(answer.code, 0, "{args:?}: {answer:?}");
        answer.stdout
    }

    /// Runs a command that must succeed, and reads the objects that it prints.
    pub(crate) fn json(&self, args: &[&str]) -> Vec<Value> {
        let text = self.ok(&[args, &["--json"]].concat());
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Enqueues a job; its id.
    pub(crate) fn enqueue(&self, args: &[&str]) -> String {
        self.ok(&[&["enqueue"], args].concat()).trim().to_owned()
    }

    /// The one job of this id.
    pub(crate) fn job(&self, id: &str) -> Value {
        self.json(&["jobs", "show", id]).pop().unwrap()
    }

    /// The ledger of a job, oldest first.
    pub(crate) fn ledger(&self, id: &str) -> Vec<Value> {
        let mut transitions = self.json(&["transitions", "list", "--job", id]);
        transitions.reverse();
        transitions
    }

    /// How many jobs are in a state.
    pub(crate) fn count(&self, state: &str) -> usize {
        self.json(&["jobs", "list", "--state", state, "--limit", "1000"]).len()
    }

    /// Asks again until something is so.
    pub(crate) fn until(&self, what: &str, so: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !so(self) {
            let listed = || self.ok(&["jobs", "list"]);
            assert!(start.elapsed() < PATIENCE, "waited in vain until {what}:\n{}", listed());
            std::thread::sleep(BETWEEN_LOOKS);
        }
    }

    /// Starts a worker.
    pub(crate) fn worker(&self) -> Process {
        Process::start(self.command(&["worker"]))
    }

    /// Makes a held job of a waiting one, which no command does: it stands in no queue then.
    pub(crate) fn hold(&self, id: &str) {
        let id = id.replace('-', "");
        let id = if self.schema.is_some() { format!("'{id}'") } else { format!("x'{id}'") };
        self.sql(&format!("DELETE FROM {} WHERE id = {id}", self.table("queue")));
    }

    /// Runs SQL on the database.
    pub(crate) fn sql(&self, text: &str) {
        sql(&self.url, text);
    }

    /// Whether nobody holds the database for a write of its own; servers are never held so.
    pub(crate) fn is_free(&self) -> bool {
        if !self.url.starts_with("sqlite:") {
            return true;
        }
        let options: sqlx::sqlite::SqliteConnectOptions = self.url.parse().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut connection = options.busy_timeout(Duration::ZERO).connect().await.unwrap();
            raw_sql("BEGIN IMMEDIATE; ROLLBACK").execute(&mut connection).await.is_ok()
        })
    }

    /// The name of a table of Longshore.
    pub(crate) fn table(&self, name: &str) -> String {
        match &self.schema {
            Some(schema) => format!("{schema}.{name}"),
            None => format!("longshore_{name}"),
        }
    }
}

/// The server that a variable names, or a word about it that there is none.
fn server(variable: &str) -> Option<String> {
    let server = env::var(variable).ok();
    if server.is_none() {
        // MariaDB is there in every run of the tests; MySQL where somebody brings it.
        assert!(
            env::var_os("LONGSHORE_TEST_REQUIRE").is_none() || variable == "LONGSHORE_TEST_MYSQL",
            "{variable} names no server: run the tests with `cargo xtask test`",
        );
        eprintln!("SKIPPED: {variable} names no server; `cargo xtask test` starts one");
    }
    server
}

fn sql(url: &str, text: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let text = raw_sql(AssertSqlSafe(text.to_owned()));
        if url.starts_with("mysql:") {
            let mut connection = MySqlConnection::connect(url).await.unwrap();
            text.execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        } else if url.starts_with("sqlite:") {
            let mut connection = SqliteConnection::connect(url).await.unwrap();
            text.execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        } else {
            let options: longshore::sqlx::postgres::PgConnectOptions = url.parse().unwrap();
            let mut connection: PgConnection =
                options.application_name("it_sql").connect().await.unwrap();
            text.execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
    });
}

/// Ends every connection to a database on MySQL or MariaDB but our own.
fn kill_all(url: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = MySqlConnection::connect(url).await.unwrap();
        // MySQL's own `information_schema.processlist` stumbles over ids in statements that run.
        let version: (String,) =
            sqlx::query_as("SELECT VERSION()").fetch_one(&mut connection).await.unwrap();
        let list =
            if version.0.contains("MariaDB") { "information_schema" } else { "performance_schema" };
        let ids: Vec<(i64,)> = sqlx::query_as(AssertSqlSafe(format!(
            "SELECT CAST(id AS SIGNED) FROM {list}.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
        )))
        .fetch_all(&mut connection)
        .await
        .unwrap();
        for (id,) in ids {
            // One that ended by itself meanwhile is fine.
            let kill = AssertSqlSafe(format!("KILL CONNECTION {id}"));
            let _ = raw_sql(kill).execute(&mut connection).await;
        }
    });
}
