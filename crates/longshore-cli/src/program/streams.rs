//! The three streams of a program: the payload in, the result and the log out.

use std::time::Duration;

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader},
    process::Child,
    task::JoinHandle,
};
use tracing::Instrument;

/// What a program left on a stream that somebody outside its group still holds open is not waited for.
const STRAGGLERS: Duration = Duration::from_secs(1);
/// Bytes of stderr that an error message repeats.
const LAST_WORDS: usize = 2 << 10;
/// Bytes of white space that may stand around a result that is as long as it may be.
const AROUND: u64 = 64;
/// Bytes of one log line.
const LINE: u64 = 8 << 10;

/// What a program said.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// All of stdout, up to the limit.
    pub(super) stdout: Vec<u8>,
    /// Bytes beyond it.
    pub(super) cut_off: usize,
    /// The end of stderr.
    pub(super) last_words: String,
}

/// The tasks that serve the streams.
#[derive(Debug)]
pub(super) struct Streams {
    stdout: Option<JoinHandle<(Vec<u8>, usize)>>,
    stderr: Option<JoinHandle<String>>,
}

/// Feeds stdin and listens to the other two.
pub(super) fn attach(child: &mut Child, payload: &str, most_bytes: usize) -> Streams {
    if let Some(mut stdin) = child.stdin.take() {
        let payload = payload.to_owned();
        // A program that does not read its stdin is free to do so.
        tokio::spawn(async move { stdin.write_all(payload.as_bytes()).await });
    }
    let span = tracing::Span::current();
    Streams {
        stdout: child.stdout.take().map(|stdout| tokio::spawn(read(stdout, most_bytes))),
        stderr: child.stderr.take().map(|stderr| tokio::spawn(log(stderr).instrument(span))),
    }
}

impl Streams {
    /// What was said, once the program is gone.
    pub(super) async fn collect(self) -> Said {
        let (stdout, cut_off) = heard(self.stdout).await;
        let last_words = heard(self.stderr).await;
        Said { stdout, cut_off, last_words }
    }
}

async fn heard<T: Default>(task: Option<JoinHandle<T>>) -> T {
    let Some(mut task) = task else { return T::default() };
    match tokio::time::timeout(STRAGGLERS, &mut task).await {
        Ok(Ok(said)) => said,
        Ok(Err(_)) => T::default(),
        Err(_) => {
            task.abort();
            T::default()
        }
    }
}

/// Reads up to the limit, with some room for white space around it; the rest is read too, or the program
/// would stand still, but only counted.
async fn read(mut stdout: impl AsyncRead + Unpin, most_bytes: usize) -> (Vec<u8>, usize) {
    let mut bytes = Vec::new();
    let most = u64::try_from(most_bytes).unwrap_or(u64::MAX).saturating_add(AROUND);
    // An error is the end of the stream: what came before it counts.
    let _ = (&mut stdout).take(most).read_to_end(&mut bytes).await;
    let rest = tokio::io::copy(&mut stdout, &mut tokio::io::sink()).await.unwrap_or_default();
    (bytes, usize::try_from(rest).unwrap_or(usize::MAX))
}

/// Logs each line, and keeps the last ones.
async fn log(stderr: impl AsyncRead + Unpin) -> String {
    let mut reader = BufReader::new(stderr);
    let mut last_words = String::new();
    loop {
        let mut line = Vec::new();
        match (&mut reader).take(LINE).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return last_words,
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&line);
        let line = crate::output::plain(line.trim_end());
        tracing::info!(target: "stderr", "{line}");
        last_words.push_str(&line);
        last_words.push('\n');
        if last_words.len() > LAST_WORDS {
            let from = last_words.ceil_char_boundary(last_words.len() - LAST_WORDS);
            last_words.drain(..from);
        }
    }
}
