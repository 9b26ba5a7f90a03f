//! Somebody who asks a running process over HTTP, and reads Prometheus' text format.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use crate::{place::Place, process::Process};

/// Longer than any answer takes on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running process and where it answers.
pub(crate) struct Watched {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
}

/// An answer over HTTP.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// A line of a scrape: a name with its labels, and its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

/// All lines of a scrape.
#[derive(Debug)]
pub(crate) struct Scrape(pub(crate) Vec<Sample>);

impl Watched {
    /// Starts a process that listens at a port that is free.
    pub(crate) fn start(place: &Place, args: &[&str]) -> Self {
        let process = Process::start(place.command(&[args, &["--listen", "127.0.0.1:0"]].concat()));
        place.until("it says where it listens", |place| said_address(place).is_some());
        Self { process, address: said_address(place).unwrap() }
    }

    pub(crate) fn get(&self, path: &str) -> Said {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let ask =
            format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address);
        stream.write_all(ask.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let code = head.split(' ').nth(1).unwrap().parse().unwrap();
        Said { code, head: head.into(), body: body.into() }
    }

    /// The text of `/metrics`.
    pub(crate) fn metrics(&self) -> String {
        let said = self.get("/metrics");
        assert_eq!(said.code, 200, "{said:?}");
        said.body
    }

    pub(crate) fn scrape(&self) -> Scrape {
        Scrape::read(&self.metrics())
    }

    /// Whether `/readyz` says so, and else why not.
    pub(crate) fn readiness(&self) -> Result<(), String> {
        let Said { code, body, .. } = self.get("/readyz");
        match code {
            200 => Ok(()),
            503 => Err(body),
            _ => panic!("{code}: {body}"),
        }
    }
}

/// The address in the line that a process logs at its start.
pub(crate) fn said_address(place: &Place) -> Option<SocketAddr> {
    let log = place.read("log");
    let (_, rest) = log.split_once("http://")?;
    rest.split_once(": /metrics")?.0.parse().ok()
}

impl Scrape {
    pub(crate) fn read(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self(lines.map(Sample::read).collect())
    }

    pub(crate) fn of(&self, name: &str) -> Vec<&Sample> {
        self.0.iter().filter(|sample| sample.name == name).collect()
    }

    /// The sum of all samples of that name that have these labels.
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let has = |sample: &&Sample| {
            labels
                .iter()
                .all(|(label, value)| sample.labels.get(*label).is_some_and(|it| it == value))
        };
        self.0
            .iter()
            .filter(|sample| sample.name == name)
            .filter(has)
            .map(|sample| sample.value)
            .sum()
    }

    /// All values of a label of a name.
    pub(crate) fn values(&self, name: &str, label: &str) -> BTreeSet<String> {
        self.of(name).iter().filter_map(|sample| sample.labels.get(label).cloned()).collect()
    }
}

impl Sample {
    /// Names of these tests hold neither quotes nor commas.
    fn read(line: &str) -> Self {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let labels = labels.strip_suffix('}').unwrap().split(',').filter(|label| !label.is_empty());
        let pair = |label: &str| {
            let (label, value) = label.split_once('=').unwrap();
            (label.to_owned(), value.trim_matches('"').to_owned())
        };
        Self {
            name: name.into(),
            labels: labels.map(pair).collect(),
            value: value.parse().unwrap(),
        }
    }
}
