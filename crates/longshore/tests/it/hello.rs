//! The first program of the documentation, and what surrounds it.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

use longshore::{Client, Job, Result, State, Worker, core};
use serde::{Deserialize, Serialize};

use crate::sqlite_file::File;

#[derive(Serialize, Deserialize)]
struct SendEmail {
    to: String,
}

impl Job for SendEmail {
    const KIND: &'static str = "send_email";
}

type Sent = Arc<Mutex<Vec<String>>>;

async fn send_email(job: SendEmail, State(sent): State<Sent>) -> Result {
    sent.lock().unwrap().push(job.to);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_one_client_enqueues_is_run_by_a_worker_of_another() {
    let (file, sent) = (File::fresh(), Sent::default());
    let (web, backend) = (file.client().await, file.client().await);
    let id = web.enqueue(SendEmail { to: "ada@example.com".into() }).await.unwrap().id();

    let worker = Worker::with_state(backend, sent.clone()).handle(send_email).queue("default", 10);
    worker.drain().await.unwrap();

    assert_eq!(*sent.lock().unwrap(), ["ada@example.com"]);
    let job = web.find(id).await.unwrap().expect("it was stored");
    assert_eq!((job.row.state, job.row.attempt), (core::State::Completed, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_survives_the_client_that_enqueued_it() {
    let (file, sent) = (File::fresh(), Sent::default());
    let client = file.client().await;
    let _ = client.enqueue(SendEmail { to: "grace@example.com".into() }).await.unwrap();
    client.store().close().await;
    drop(client);

    let worker = Worker::with_state(file.client().await, sent.clone()).handle(send_email);
    worker.queue("default", 1).drain().await.unwrap();
    assert_eq!(*sent.lock().unwrap(), ["grace@example.com"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_an_enqueue_says_is_stored() {
    let file = File::fresh();
    let client: Client = file.client().await;
    let id = longshore::JobId::new();
    let enqueued = client
        .enqueue(SendEmail { to: "ada@example.com".into() })
        .id(id)
        .queue("mail")
        .tenant("acme")
        .priority(9)
        .name("welcome")
        .label("user", 7)
        .context(&serde_json::json!({"trace": "abc"}))
        .max_attempts(3)
        .timeout(std::time::Duration::from_secs(5))
        .held()
        .await
        .unwrap();
    assert_eq!(enqueued, longshore::Enqueued::Created(id));

    let job = client.find(id).await.unwrap().unwrap();
    assert_eq!((&*job.row.queue, &*job.row.tenant, job.row.priority.get()), ("mail", "acme", 9));
    assert_eq!(
        (job.row.state, job.row.max_attempts, job.timeout_ms),
        (core::State::Held, 3, Some(5000))
    );
    assert_eq!(job.context.unwrap().as_str(), r#"{"trace":"abc"}"#);
    assert_eq!(job.labels["user"], longshore::Label::Int(7));
    let why = client.explain(id).await.unwrap().unwrap();
    assert_eq!(why, [longshore::Because::Held]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_is_not_allowed_is_reported_by_the_await_and_nothing_is_stored() {
    let file = File::fresh();
    let client = file.client().await;
    let refused = client.enqueue(SendEmail { to: String::new() }).priority(11).await.unwrap_err();
    assert_eq!(refused.kind(), longshore::ErrorKind::Invalid);
    assert!(refused.to_string().contains("1 (lowest) to 10 (highest)"), "{refused}");
    let refused = client.enqueue(SendEmail { to: "\0".into() }).await.unwrap_err();
    assert_eq!(refused.kind(), longshore::ErrorKind::Invalid);

    let all = client.store().list_jobs(&Default::default(), &Default::default()).await.unwrap();
    assert!(all.items.is_empty());
}

#[test]
fn the_first_program_runs_in_an_empty_folder_until_it_is_interrupted() {
    // Beside this test: cargo builds examples with the tests, but not with one of them alone.
    let mut program = std::env::current_exe().unwrap();
    program.pop();
    program.set_file_name("examples");
    program.push("hello");
    if !program.exists() {
        assert!(std::env::var_os("LONGSHORE_TEST_REQUIRE").is_none(), "no {}", program.display());
        eprintln!("SKIPPED: no {}: `cargo test -p longshore` builds it", program.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut hello = Command::new(program);
    let mut hello = hello.current_dir(folder.path()).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(hello.stdout.take().unwrap()).lines();
    assert_eq!(said.next().unwrap().unwrap(), "mail to ada@example.com");
    let id = nix::unistd::Pid::from_raw(i32::try_from(hello.id()).unwrap());
    nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGINT).unwrap();
    assert_eq!(hello.wait().unwrap().code(), Some(0));
    assert!(said.next().is_none(), "one job, one mail");
    assert!(folder.path().join("jobs.db").exists());
}
