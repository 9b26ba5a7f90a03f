//! A small program between store and server that reads along and counts what is sent.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
};

/// First bytes of the commands that run statements.
const QUERY: u8 = 0x03;
const EXECUTE: u8 = 0x17;

/// What was seen to pass.
#[derive(Debug, Default)]
pub(crate) struct Passed {
    statements: AtomicUsize,
}

impl Passed {
    /// Statements that were to be run.
    pub(crate) fn statements(&self) -> usize {
        self.statements.load(Ordering::SeqCst)
    }
}

/// Stands between; gone with the test's runtime.
pub(crate) async fn between(host: &str, port: u16) -> (u16, Arc<Passed>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap().port();
    let passed = Arc::new(Passed::default());
    let (server, seen) = (format!("{host}:{port}"), passed.clone());
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (server, seen) = (server.clone(), seen.clone());
            // An end of either side ends both.
            tokio::spawn(async move { serve(client, &server, &seen).await });
        }
    });
    (own, passed)
}

/// Stands between and lets the server say something else of the same length.
pub(crate) async fn pretending(host: &str, port: u16, said: String, instead: String) -> u16 {
    assert_eq!(said.len(), instead.len());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap().port();
    let server = format!("{host}:{port}");
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let (server, said, instead) = (server.clone(), said.clone(), instead.clone());
            tokio::spawn(async move {
                let (mut from_client, mut to_client) = client.split();
                let mut server = TcpStream::connect(server).await?;
                let (mut from_server, mut to_server) = server.split();
                tokio::select! {
                    ended = tokio::io::copy(&mut from_client, &mut to_server) => ended.map(drop),
                    ended = altered(&mut from_server, &mut to_client, &said, &instead) => ended,
                }
            });
        }
    });
    own
}

/// Passes on what fits into one answer of the server; the words that are altered are not cut by its end.
async fn altered(
    from: &mut (impl AsyncReadExt + Unpin),
    to: &mut (impl AsyncWriteExt + Unpin),
    said: &str,
    instead: &str,
) -> io::Result<()> {
    let mut bytes = vec![0; 1 << 16];
    loop {
        let length = from.read(&mut bytes).await?;
        let part = &mut bytes[..length];
        for place in 0..=length.saturating_sub(said.len()) {
            if part[place..].starts_with(said.as_bytes()) {
                part[place..place + said.len()].copy_from_slice(instead.as_bytes());
            }
        }
        to.write_all(part).await?;
        if length == 0 {
            return Ok(());
        }
    }
}

async fn serve(client: TcpStream, server: &str, seen: &Passed) -> io::Result<()> {
    client.set_nodelay(true)?;
    let server = TcpStream::connect(server).await?;
    server.set_nodelay(true)?;
    let (from_client, mut to_client) = client.into_split();
    let (mut from_server, to_server) = server.into_split();
    tokio::select! {
        ended = commands(from_client, to_server, seen) => ended,
        ended = tokio::io::copy(&mut from_server, &mut to_client) => ended.map(drop),
    }
}

/// Passes the client's packets on. A command is the first of its exchange, which the server answers.
async fn commands(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    seen: &Passed,
) -> io::Result<()> {
    loop {
        let mut packet = vec![0; 4];
        from.read_exact(&mut packet).await?;
        let (length, place) = ([packet[0], packet[1], packet[2], 0], packet[3]);
        packet.resize(4 + u32::from_le_bytes(length) as usize, 0);
        from.read_exact(&mut packet[4..]).await?;
        if place == 0 && matches!(packet.get(4), Some(&QUERY | &EXECUTE)) {
            seen.statements.fetch_add(1, Ordering::SeqCst);
        }
        to.write_all(&packet).await?;
    }
}
