//! A small program between store and server that reads along: it counts what is sent, and can hand each
//! transaction to another server connection, as a transaction pooler does.

use std::{
    collections::BTreeSet,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Which server connection a transaction gets.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Hands {
    /// Always the same: its client's own.
    Session,
    /// Another one than the transaction before, with whatever that one left there.
    Transaction,
}

/// What was seen to pass.
#[derive(Debug, Default)]
pub(crate) struct Passed {
    /// Statements that were to be run.
    statements: AtomicUsize,
    /// Transactions that got another server connection than the one before.
    changes: AtomicUsize,
    /// What a transaction pooler loses or refuses: named statements, settings of a session, `LISTEN`.
    bound_to_session: Mutex<BTreeSet<String>>,
}

impl Passed {
    pub(crate) fn statements(&self) -> usize {
        self.statements.load(Ordering::SeqCst)
    }

    pub(crate) fn changes(&self) -> usize {
        self.changes.load(Ordering::SeqCst)
    }

    pub(crate) fn bound_to_session(&self) -> BTreeSet<String> {
        self.bound_to_session.lock().unwrap().clone()
    }

    fn bound(&self, what: String) {
        self.bound_to_session.lock().unwrap().insert(what);
    }

    /// Reads a message of the client's.
    fn note(&self, kind: u8, body: &[u8]) {
        let mut texts = body.split(|byte| *byte == 0).map(String::from_utf8_lossy);
        match kind {
            b'Q' => {
                self.statements.fetch_add(1, Ordering::SeqCst);
                self.note_text(&texts.next().unwrap_or_default());
            }
            b'P' => {
                let name = texts.next().unwrap_or_default();
                if !name.is_empty() {
                    self.bound(format!("a statement named {name}"));
                }
                self.note_text(&texts.next().unwrap_or_default());
            }
            b'E' => drop(self.statements.fetch_add(1, Ordering::SeqCst)),
            _ => {}
        }
    }

    fn note_text(&self, text: &str) {
        for part in text.split(';').map(str::trim) {
            let words = part.to_ascii_uppercase();
            let of_session = ["SET ", "LISTEN ", "PREPARE ", "SELECT PG_ADVISORY_LOCK"];
            if of_session.iter().any(|word| words.starts_with(word))
                && !words.starts_with("SET LOCAL ")
            {
                self.bound(part.to_owned());
            }
        }
    }

    /// Settings that come with a connection reach one server connection only, and poolers refuse them.
    fn note_settings(&self, startup: &[u8]) {
        let known =
            ["user", "database", "application_name", "client_encoding", "DateStyle", "TimeZone"];
        let mut texts = startup[8..].split(|byte| *byte == 0).map(String::from_utf8_lossy);
        while let (Some(name), Some(_value)) = (texts.next(), texts.next()) {
            if !name.is_empty() && !known.contains(&&*name) {
                self.bound(format!("the startup setting {name}"));
            }
        }
    }
}

/// Stands between; gone with the test's runtime.
pub(crate) async fn between(host: &str, port: u16, hands: Hands) -> (u16, Arc<Passed>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap().port();
    let passed = Arc::new(Passed::default());
    let (server, seen) = (format!("{host}:{port}"), passed.clone());
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (server, seen) = (server.clone(), seen.clone());
            // An end of either side ends both.
            tokio::spawn(async move { serve(client, &server, hands, &seen).await });
        }
    });
    (own, passed)
}

async fn serve(mut client: TcpStream, server: &str, hands: Hands, seen: &Passed) -> io::Result<()> {
    client.set_nodelay(true)?;
    let startup = startup(&mut client).await?;
    seen.note_settings(&startup);
    let mut servers = Vec::new();
    for _ in 0..if hands == Hands::Transaction { 2 } else { 1 } {
        let mut connection = TcpStream::connect(server).await?;
        connection.set_nodelay(true)?;
        connection.write_all(&startup).await?;
        // The client hears the greeting of the first only.
        let hears = servers.is_empty().then_some(&mut client);
        until_ready(&mut connection, hears).await?;
        servers.push(connection);
    }
    let mut place = 0;
    loop {
        let (kind, message) = message(&mut client).await?;
        seen.note(kind, &message[5..]);
        servers[place].write_all(&message).await?;
        // The server answers a simple query and a Sync, and then says whether a transaction is open.
        if matches!(kind, b'Q' | b'S') {
            let idle = until_ready(&mut servers[place], Some(&mut client)).await?;
            if idle && servers.len() > 1 {
                place = (place + 1) % servers.len();
                seen.changes.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
}

/// The first message, which has no kind. TLS is refused.
async fn startup(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    loop {
        let length = client.read_u32().await?;
        let mut startup = length.to_be_bytes().to_vec();
        startup.resize(length as usize, 0);
        client.read_exact(&mut startup[4..]).await?;
        match startup[4..8] {
            // The two wishes for encryption.
            [4, 210, 22, 47 | 48] => client.write_all(b"N").await?,
            _ => return Ok(startup),
        }
    }
}

/// A message whole, with its kind.
async fn message(from: &mut TcpStream) -> io::Result<(u8, Vec<u8>)> {
    let kind = from.read_u8().await?;
    let length = from.read_u32().await?;
    let mut message = vec![kind];
    message.extend(length.to_be_bytes());
    message.resize(1 + length as usize, 0);
    from.read_exact(&mut message[5..]).await?;
    Ok((kind, message))
}

/// Passes answers on until the server is ready; whether no transaction is open then.
async fn until_ready(server: &mut TcpStream, mut to: Option<&mut TcpStream>) -> io::Result<bool> {
    let mut answers = Vec::new();
    loop {
        let (kind, message) = message(server).await?;
        answers.extend(&message);
        if kind == b'Z' {
            if let Some(client) = to.take() {
                client.write_all(&answers).await?;
            }
            return Ok(message[5] == b'I');
        }
    }
}
