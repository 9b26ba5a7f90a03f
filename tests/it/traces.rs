//! Traces leave the process, and a collector that does not take them harms nobody.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::Command,
    time::{Duration, Instant},
};

use crate::{place::Place, process::Process};

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn place() -> Place {
    let place = Place::on_sqlite();
    place.settings(
        r#"
[[handlers]]
kind = "talk"
command = ["sh", "-c", "echo $TRACEPARENT"]
"#,
    );
    place.ok(&["migrate"]);
    place
}

fn worker(place: &Place, args: &[&str], collector: &str) -> Command {
    let mut command = place.command(&[&["worker"], args].concat());
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector).env("OTEL_BSP_SCHEDULE_DELAY", "100");
    command
}

/// The bytes of one request, answered with 200.
fn request(mut visitor: &TcpStream) -> Vec<u8> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let read = visitor.read(&mut buffer).unwrap();
        bytes.extend(&buffer[..read]);
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let whole = head.len() + 4 + length.unwrap().trim().parse::<usize>().unwrap();
            // Lossy text is at least as long as the bytes; the head is plain.
            if bytes.len() >= whole || read == 0 {
                break;
            }
        }
    }
    visitor.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
    bytes
}

#[test]
fn a_run_is_sent_to_the_collector_and_its_program_goes_on_with_the_trace() {
    let place = place();
    let id = place.enqueue(&["talk", "--traceparent", TRACE]);
    let collector = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", collector.local_addr().unwrap());
    let worker = Process::start(worker(&place, &["--drain"], &address));
    let (visitor, _) = collector.accept().unwrap();
    let bytes = request(&visitor);
    assert!(worker.end().success(), "{}", place.read("log"));
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.starts_with("POST /v1/traces "), "{text}");
    assert!(text.contains("job_id") && text.contains(&id), "{text}");
    let trace = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes();
    assert!(bytes.windows(16).any(|bytes| bytes == trace), "the run is part of the trace");
    let job = place.job(&id);
    let seen = job["result"].as_str().unwrap();
    assert!(
        seen.starts_with(&TRACE[..36]) && seen != TRACE,
        "the program's parent is the run: {seen}"
    );
}

#[test]
fn a_collector_that_is_away_or_never_answers_costs_a_counter_alone() {
    // Whoever connects waits in its backlog for ever.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (collector, counts) in [(closed, true), (silent.local_addr().unwrap(), false)] {
        let place = place();
        let ids: Vec<_> = (0..3).map(|_| place.enqueue(&["talk"])).collect();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let listen = port.to_string();
        let url = format!("http://{collector}");
        let worker = Process::start(worker(&place, &["--listen", &listen], &url));
        place.until("all are completed", |place| place.count("completed") == ids.len());
        if counts {
            place.until("the failed export is counted", |_| {
                failures(&listen).is_some_and(|count| count >= 1)
            });
        }
        let stopping = Instant::now();
        assert!(worker.stop().success(), "{}", place.read("log"));
        assert!(stopping.elapsed() < Duration::from_secs(30), "the last spans are not waited for");
    }
}

/// What `/metrics` says of exports that failed.
fn failures(address: &str) -> Option<u64> {
    let mut visit = TcpStream::connect(address).ok()?;
    visit.write_all(b"GET /metrics HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").ok()?;
    let mut text = String::new();
    visit.read_to_string(&mut text).ok()?;
    let line = text.lines().find(|it| it.starts_with("longshore_trace_export_failures_total "))?;
    line.rsplit(' ').next()?.parse().ok()
}
