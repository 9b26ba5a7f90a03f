//! More processes of this program, which begin at the same moment and stay until they are dismissed.
//!
//! They say `ready`, are told to go, say how many jobs went through them, perhaps are told to go on, and leave when
//! nobody listens any more.

use std::{
    io::{BufRead, BufReader, Write, stdin},
    process::{Child, ChildStdout, Command, Stdio},
};

use longshore::{Client, Result, Worker};

use crate::load::{Ran, jobs, unload};

/// Jobs in one call of a process that fills.
const AT_ONCE: usize = 1000;

/// Processes that do the same.
pub(crate) struct Crew(Vec<Hand>);

struct Hand {
    process: Child,
    says: BufReader<ChildStdout>,
}

impl Crew {
    /// Starts one for each list of words, and waits until all are ready.
    pub(crate) fn muster(url: &str, words: &[Vec<String>]) -> Result<Self> {
        let start = |words: &Vec<String>| -> Result<Hand> {
            let mut process = Command::new(std::env::current_exe()?)
                .arg(url)
                .args(words)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()?;
            let says = process.stdout.take().ok_or("a process without output")?;
            Ok(Hand { process, says: BufReader::new(says) })
        };
        let mut crew = Self(words.iter().map(start).collect::<Result<_>>()?);
        for hand in &mut crew.0 {
            hand.word()?;
        }
        Ok(crew)
    }

    /// Their process numbers.
    pub(crate) fn pids(&self) -> Vec<u32> {
        self.0.iter().map(|hand| hand.process.id()).collect()
    }

    /// Lets all begin, and waits until all are done: how many jobs went through them.
    pub(crate) fn go(&mut self) -> Result<usize> {
        for hand in &mut self.0 {
            let hears = hand.process.stdin.as_mut().ok_or("a process without input")?;
            writeln!(hears, "go")?;
        }
        let mut done = 0;
        for hand in &mut self.0 {
            done += hand.word()?.parse::<usize>()?;
        }
        Ok(done)
    }

    /// Lets all leave.
    pub(crate) fn dismiss(mut self) -> Result {
        self.0.iter_mut().for_each(|hand| drop(hand.process.stdin.take()));
        for hand in &mut self.0 {
            hand.process.wait()?;
        }
        Ok(())
    }
}

impl Hand {
    fn word(&mut self) -> Result<String> {
        let mut line = String::new();
        self.says.read_line(&mut line)?;
        match line.trim() {
            "" => Err("a process of the measurement ended: see what it said".into()),
            word => Ok(word.to_owned()),
        }
    }
}

/// Enqueues so many jobs by thousands, as one of a crew.
pub(crate) async fn fill(url: &str, count: usize) -> Result {
    let store = Client::connect(url).await?.store();
    ready()?;
    let mut left = count;
    while left > 0 {
        let part = jobs(left.min(AT_ONCE))?;
        store.enqueue(&part).await?;
        left -= part.len();
    }
    done(count)?;
    store.close().await;
    Ok(())
}

/// Runs what there is, as one of a crew, with claims of at most so many jobs.
pub(crate) async fn work(url: &str, fetch: u32) -> Result {
    let client = Client::connect(url).await?;
    let store = client.store();
    let ran = Ran::default();
    let worker = Worker::with_state(client, ran.clone());
    let worker = worker.handle(unload).queue("default", fetch).fetch(fetch);
    ready()?;
    let running = worker.start().await?;
    running.drained().await;
    done(ran.so_far())?;
    running.stop().await?;
    store.close().await;
    Ok(())
}

/// Says so, and waits for the word to go.
pub(crate) fn ready() -> Result {
    println!("ready");
    stdin().read_line(&mut String::new())?;
    Ok(())
}

/// Says so, and waits for the word to go on, or until nobody listens.
pub(crate) fn done(jobs: usize) -> Result {
    println!("{jobs}");
    stdin().read_line(&mut String::new())?;
    Ok(())
}
