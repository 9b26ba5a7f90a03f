//! One panel of a chart: a title, a legend, axes that begin at zero, lines.

use std::fmt::Write;

use super::{
    paper::escaped,
    scale::{marks, short},
};

/// A line of a panel.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) name: String,
    /// Which of the looks of lines: the same phase looks the same in every panel.
    pub(super) look: usize,
    pub(super) points: Vec<(f64, f64)>,
}

/// What a panel shows.
#[derive(Debug)]
pub(super) struct Panel {
    pub(super) title: &'static str,
    /// What the horizontal axis has: marks of its own, with their words, or round seconds.
    pub(super) across: Option<Vec<(f64, &'static str)>>,
    pub(super) series: Vec<Series>,
    /// Points that are told as a number: where, and what.
    pub(super) told: Vec<(f64, f64, String)>,
}

/// Where a panel is, and how large.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Room for the numbers at the left, half a mark at the right, title and legend, the marks below.
const LEFT: f64 = 50.0;
const RIGHT: f64 = 22.0;
const TOP: f64 = 48.0;
const BELOW: f64 = 24.0;
/// Of a letter of the legend, about.
const LETTER: f64 = 6.5;

impl Panel {
    /// Whether there is anything to show.
    pub(super) fn has_points(&self) -> bool {
        self.series.iter().any(|series| series.points.len() > 1)
    }

    /// Writes it.
    pub(super) fn draw(&self, frame: Frame, paper: &mut String) {
        let points = || self.series.iter().flat_map(|series| &series.points);
        let up = marks(points().map(|(_, y)| *y).fold(0.0, f64::max));
        let across: Vec<(f64, String)> = match &self.across {
            Some(own) => own.iter().map(|(at, word)| (*at, (*word).to_owned())).collect(),
            None => marks(points().map(|(x, _)| *x).fold(0.0, f64::max))
                .into_iter()
                .map(|at| (at, format!("{} s", short(at))))
                .collect(),
        };
        let most_across = across.last().map_or(1.0, |(at, _)| *at);
        let most_up = up.last().copied().unwrap_or(1.0);
        let (left, right) = (frame.x + LEFT, frame.x + frame.width - RIGHT);
        let (top, bottom) = (frame.y + TOP, frame.y + frame.height - BELOW);
        let place_x = |x: f64| left + (x / most_across).clamp(0.0, 1.0) * (right - left);
        let place_y = |y: f64| bottom - (y / most_up).clamp(0.0, 1.0) * (bottom - top);

        let title = escaped(self.title);
        put(paper, format_args!(r#"<g role="group" aria-label="{title}">"#));
        let (x, y) = (frame.x, frame.y + 14.0);
        put(paper, format_args!(r#"<text class="head" x="{x}" y="{y}">{title}</text>"#));
        self.legend(frame, paper);
        for mark in &up {
            let (y, text) = (place_y(*mark), short(*mark));
            put(paper, format_args!(r#"<path class="grid" d="M{left:.1} {y:.1}H{right:.1}"/>"#));
            let (x, y) = (left - 6.0, y + 4.0);
            put(paper, format_args!(r#"<text class="end" x="{x:.1}" y="{y:.1}">{text}</text>"#));
        }
        for (at, word) in &across {
            let (x, y) = (place_x(*at), bottom + 16.0);
            put(
                paper,
                format_args!(
                    r#"<text class="middle" x="{x:.1}" y="{y:.1}">{}</text>"#,
                    escaped(word)
                ),
            );
        }
        for Series { look, points, .. } in &self.series {
            let places = points.iter().fold(String::new(), |mut places, (x, y)| {
                let _ = write!(places, "{:.1},{:.1} ", place_x(*x), place_y(*y));
                places
            });
            let places = places.trim_end();
            put(paper, format_args!(r#"<polyline class="line look{look}" points="{places}"/>"#));
        }
        for (x, y, text) in &self.told {
            let (x, y, text) = (place_x(*x), place_y(*y), escaped(text));
            put(paper, format_args!(r#"<circle class="told" cx="{x:.1}" cy="{y:.1}" r="3"/>"#));
            let y = (y - 9.0).max(top + 4.0);
            put(
                paper,
                format_args!(r#"<text class="middle strong" x="{x:.1}" y="{y:.1}">{text}</text>"#),
            );
        }
        put(paper, format_args!("</g>"));
    }

    fn legend(&self, frame: Frame, paper: &mut String) {
        let (mut x, y) = (frame.x, frame.y + 30.0);
        for Series { name, look, .. } in &self.series {
            let to = x + 22.0;
            put(
                paper,
                format_args!(
                    r#"<path class="line look{look}" d="M{x:.1} {:.1}H{to:.1}"/>"#,
                    y - 4.0
                ),
            );
            let text = escaped(name);
            put(paper, format_args!(r#"<text x="{:.1}" y="{y:.1}">{text}</text>"#, to + 6.0));
            x = to + 22.0 + LETTER * name.chars().count() as f64;
        }
    }
}

fn put(paper: &mut String, line: std::fmt::Arguments<'_>) {
    // A text never refuses to grow.
    let _ = writeln!(paper, "{line}");
}
