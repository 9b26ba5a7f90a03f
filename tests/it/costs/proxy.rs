//! Stands between a program and its database server, passes everything on and counts the statements.
//!
//! It reads what the client says in PostgreSQL's protocol or in MySQL's, and of the answers only the numbers
//! that MySQL gives to prepared statements.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// How often each statement was run, by its text.
pub(crate) type Counts = BTreeMap<String, u64>;

/// A door in front of a server. Its threads end with their connections; the one that waits for new ones
/// ends with the process.
pub(crate) struct Proxy {
    /// The server's URL with this door's address in it.
    pub(crate) url: String,
    counts: Arc<Mutex<Counts>>,
}

impl Proxy {
    pub(crate) fn before(server: &str) -> Self {
        let (user, rest) = server.split_once('@').unwrap();
        let (address, database) = rest.split_once('/').unwrap();
        let is_mysql = server.starts_with("mysql:");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{user}@{}/{database}", listener.local_addr().unwrap());
        let counts = Arc::<Mutex<Counts>>::default();
        let (address, counted) = (address.to_owned(), counts.clone());
        thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(&address)) else {
                    continue;
                };
                let (from, to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let listener = Arc::new(Mutex::new(Listener::new(is_mysql, counted.clone())));
                let answered = listener.clone();
                thread::spawn(move || {
                    pass_on(from, to, |bytes| answered.lock().unwrap().hear_answer(bytes));
                });
                thread::spawn(move || {
                    pass_on(client, server, |bytes| listener.lock().unwrap().hear(bytes));
                });
            }
        });
        Self { url, counts }
    }

    /// What was run since the last look.
    pub(crate) fn take(&self) -> Counts {
        std::mem::take(&mut self.counts.lock().unwrap())
    }
}

/// Until one of the two hangs up.
fn pass_on(mut from: TcpStream, mut to: TcpStream, mut heard: impl FnMut(&[u8])) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        // Counted before the server can answer: whoever has an answer finds its statement counted.
        heard(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}

/// What one client has said so far.
struct Listener {
    is_mysql: bool,
    counts: Arc<Mutex<Counts>>,
    /// The beginning of a message whose end has not come.
    rest: Vec<u8>,
    /// PostgreSQL: messages have a type only after the greeting.
    greeted: bool,
    /// Prepared statements: by name, and by number on MySQL.
    prepared: BTreeMap<Vec<u8>, String>,
    /// MySQL: the statement whose number is to come.
    asked: Option<String>,
    /// PostgreSQL: the statement whose parameters came last.
    bound: String,
}

impl Listener {
    fn new(is_mysql: bool, counts: Arc<Mutex<Counts>>) -> Self {
        let (rest, prepared, bound) = <(Vec<u8>, BTreeMap<_, _>, String)>::default();
        Self { is_mysql, counts, rest, greeted: false, prepared, asked: None, bound }
    }

    fn hear(&mut self, bytes: &[u8]) {
        let mut said = std::mem::take(&mut self.rest);
        said.extend_from_slice(bytes);
        let mut from = 0;
        while let Some(length) = self.length(&said[from..]).filter(|it| from + it <= said.len()) {
            let message = &said[from..from + length];
            if self.is_mysql {
                self.mysql(message);
            } else {
                self.postgres(message);
            }
            from += length;
        }
        self.rest = said.split_off(from);
    }

    /// Whoever prepares a statement waits for its number: it comes in an answer of its own.
    fn hear_answer(&mut self, bytes: &[u8]) {
        if let (Some(text), Some([0, id @ ..])) = (self.asked.take(), bytes.get(4..9)) {
            self.prepared.insert(id.to_vec(), text);
        }
    }

    /// How long the message is that begins here, once that can be told.
    fn length(&self, said: &[u8]) -> Option<usize> {
        if self.is_mysql {
            let head = said.get(..4)?;
            return Some(4 + u32::from_le_bytes([head[0], head[1], head[2], 0]) as usize);
        }
        let kind = usize::from(self.greeted);
        let length = said.get(kind..kind + 4)?;
        Some(kind + u32::from_be_bytes(length.try_into().ok()?) as usize)
    }

    fn postgres(&mut self, message: &[u8]) {
        const ASKS_FOR_TLS: [u8; 4] = 80_877_103_u32.to_be_bytes();
        if !self.greeted {
            self.greeted = message[4..8] != ASKS_FOR_TLS;
            return;
        }
        let mut words = message[5..].split(|byte| *byte == 0);
        let mut word = || words.next().unwrap_or_default();
        match message[0] {
            b'P' => {
                let (name, text) = (word().to_vec(), text(word()));
                self.prepared.insert(name, text);
            }
            b'B' => {
                let (_portal, name) = (word(), word());
                self.bound = self.prepared.get(name).cloned().unwrap_or_default();
            }
            b'E' => self.count(self.bound.clone()),
            b'Q' => self.count(text(word())),
            _ => {}
        }
    }

    fn mysql(&mut self, packet: &[u8]) {
        let (number, command) = (packet[3], packet.get(4));
        // Other numbers continue an exchange: the greeting, for one.
        if number != 0 {
            return;
        }
        match command {
            Some(0x03) => self.count(text(&packet[5..])),
            Some(0x16) => self.asked = Some(text(&packet[5..])),
            Some(0x17) => {
                self.count(self.prepared.get(&packet[5..9]).cloned().unwrap_or_default());
            }
            _ => {}
        }
    }

    fn count(&self, statement: String) {
        *self.counts.lock().unwrap().entry(statement).or_default() += 1;
    }
}

/// A statement's text on one line, without its comments.
fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("--"));
    lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}
