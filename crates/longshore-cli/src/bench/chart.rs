//! A measurement as a picture: speed over time, percentiles of latency, the log, rows that are gone.

mod panel;
mod paper;
mod scale;

use std::{fmt::Write, time::Duration};

pub(crate) use self::scale::{grouped, short};
use self::{
    panel::{Frame, Panel, Series},
    paper::{escaped, picture},
};
use super::{
    Load, Measured,
    watch::{EVERY, Moment},
};

const WIDTH: f64 = 960.0;
const MARGIN: f64 = 24.0;
const PANEL: (f64, f64) = (444.0, 270.0);
/// Between panels.
const GAP: f64 = 24.0;
const HEADER: f64 = 76.0;
const FOOTER: f64 = 34.0;

/// Draws what was measured on an engine.
pub(crate) fn draw(engine: &str, load: &Load, all: &[Measured]) -> String {
    let panels = [speed(all), latency(all), log(all), dead_rows(all)];
    let (shown, missing): (Vec<_>, Vec<_>) = panels.into_iter().partition(Panel::has_points);
    let mut body = String::new();
    let title = format!("longshore bench on {engine}");
    let with = format!(
        "{} jobs with {} bytes of filler; {} producers; {} jobs a second for {} s; calls in flight in bulk: {}",
        grouped(load.jobs as f64),
        load.payload,
        load.producers,
        load.rate,
        load.seconds,
        load.connections,
    );
    let summary = summary(all);
    for (class, y, text) in [("title", 30.0, &title), ("", 50.0, &with), ("strong", 68.0, &summary)]
    {
        let _ = writeln!(
            body,
            r#"<text class="{class}" x="{MARGIN}" y="{y}">{}</text>"#,
            escaped(text)
        );
    }
    for (number, panel) in shown.iter().enumerate() {
        let (column, row) = ((number % 2) as f64, (number / 2) as f64);
        let (width, height) = PANEL;
        let x = MARGIN + column * (width + GAP);
        let y = HEADER + GAP + row * (height + GAP);
        panel.draw(Frame { x, y, width, height }, &mut body);
    }
    let rows = shown.len().div_ceil(2) as f64;
    let height = HEADER + rows * (PANEL.1 + GAP) + GAP + FOOTER;
    let missing: Vec<_> = missing.iter().map(|panel| panel.title).collect();
    let footer = match missing.is_empty() {
        true => "The log is that of the whole server.".to_owned(),
        false => format!("Not told by {engine}: {}.", missing.join("; ")),
    };
    let y = height - MARGIN;
    let _ = writeln!(body, r#"<text x="{MARGIN}" y="{y}">{}</text>"#, escaped(&footer));
    picture((WIDTH, height), &title, &format!("{with}. {summary}. {footer}"), &body)
}

fn summary(all: &[Measured]) -> String {
    let told = all.iter().map(|it| match (it.p50_ms, it.p99_ms) {
        (Some(p50), Some(p99)) => {
            format!("{} p50 {} ms, p99 {} ms", it.metric, short(p50), short(p99))
        }
        _ => format!("{} {}/s", it.metric, grouped(it.rate)),
    });
    told.collect::<Vec<_>>().join(" · ")
}

/// How a phase is drawn in every panel.
fn look(metric: &str) -> usize {
    match metric {
        "bulk" => 0,
        "drain" => 1,
        _ => 2,
    }
}

/// The phases whose course is shown.
fn courses(all: &[Measured]) -> impl Iterator<Item = &Measured> {
    all.iter().filter(|it| it.metric != "latency")
}

fn over_time(
    title: &'static str,
    all: &[Measured],
    points: impl Fn(&[Moment]) -> Vec<(f64, f64)>,
) -> Panel {
    let series = courses(all).map(|it| Series {
        name: it.metric.to_owned(),
        look: look(it.metric),
        points: points(&it.course),
    });
    let series = series.filter(|series| !series.points.is_empty()).collect();
    Panel { title, across: None, series, told: Vec::new() }
}

/// Between each two looks the mean.
fn speed(all: &[Measured]) -> Panel {
    over_time("Jobs a second", all, |moments| {
        let pairs = moments.iter().zip(moments.iter().skip(1));
        let steps = whole(moments, pairs).map(|(from, to)| {
            let rate = (to.done - from.done.min(to.done)) as f64 / (to.seconds - from.seconds);
            [(from.seconds, rate), (to.seconds, rate)]
        });
        steps.flatten().collect()
    })
}

/// The last look comes at any time: a moment after the one before it, it would tell nothing but noise.
fn whole<'m>(
    moments: &'m [Moment],
    pairs: impl Iterator<Item = (&'m Moment, &'m Moment)>,
) -> impl Iterator<Item = (&'m Moment, &'m Moment)> {
    let only = moments.len() == 2;
    pairs.filter(move |(from, to)| {
        only && to.seconds > from.seconds || to.seconds - from.seconds > EVERY.as_secs_f64() / 2.0
    })
}

fn log(all: &[Measured]) -> Panel {
    over_time("Log written, MB", all, |moments| {
        let first = moments.iter().find_map(|it| it.vitals.log_bytes).unwrap_or(0);
        let written = |it: &Moment| Some((it.seconds, it.vitals.log_bytes?));
        let points = moments.iter().filter_map(written);
        points.map(|(at, bytes)| (at, bytes.saturating_sub(first) as f64 / 1e6)).collect()
    })
}

fn dead_rows(all: &[Measured]) -> Panel {
    over_time("Rows that are gone and take room", all, |moments| {
        moments.iter().filter_map(|it| Some((it.seconds, it.vitals.dead_rows? as f64))).collect()
    })
}

/// The further right, the rarer: each step of the axis is ten times as rare.
fn latency(all: &[Measured]) -> Panel {
    let across = vec![
        (0.0, "p0"),
        (rarity(0.5), "p50"),
        (rarity(0.9), "p90"),
        (rarity(0.99), "p99"),
        (rarity(0.999), "p99.9"),
    ];
    let (mut series, mut told) = (Vec::new(), Vec::new());
    let mut line = |name: &str, look, times: &[Duration]| {
        if !times.is_empty() {
            series.push(Series { name: name.to_owned(), look, points: percentiles(times) });
        }
    };
    if let Some(it) = all.iter().find(|it| it.metric == "latency") {
        line("enqueue to start", 0, &it.ways);
        line("enqueue", 1, &it.calls);
        for (part, value) in [(0.5, it.p50_ms), (0.99, it.p99_ms)] {
            told.extend(value.map(|ms| (rarity(part), ms, format!("{} ms", short(ms)))));
        }
    }
    if let Some(it) = all.iter().find(|it| it.metric == "single") {
        line("enqueue in single", 2, &it.calls);
    }
    Panel { title: "Latency, ms", across: Some(across), series, told }
}

fn rarity(part: f64) -> f64 {
    -(1.0 - part).log10()
}

/// From sorted times; up to the one before the slowest thousandth, or to the slowest of fewer.
fn percentiles(sorted: &[Duration]) -> Vec<(f64, f64)> {
    const POINTS: usize = 120;
    let end = rarity(0.999).min((sorted.len() as f64).log10());
    let at = |point: usize| {
        let across = end * point as f64 / POINTS as f64;
        let part = 1.0 - 10f64.powf(-across);
        let place = ((sorted.len() - 1) as f64 * part).round() as usize;
        (across, sorted[place].as_secs_f64() * 1e3)
    };
    (0..=POINTS).map(at).collect()
}

#[cfg(test)]
mod tests;
