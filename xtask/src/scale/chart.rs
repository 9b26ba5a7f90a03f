//! A picture of lines, points and bands over two axes, for light and dark pages.

use std::fmt::Write;

use crate::record::escaped;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 84.0;
const RIGHT: f64 = 736.0;
const TOP: f64 = 104.0;
const BOTTOM: f64 = 366.0;
const MARGIN: f64 = 24.0;
/// Of a letter of the legend, about.
const LETTER: f64 = 7.0;

/// Colours differ in brightness, too, and what is worked out is dashed.
const STYLE: &str = "\
text { font: 13px system-ui, sans-serif; fill: #374151 }
.title { font-size: 18px; font-weight: 600; fill: #111827 }
.end { text-anchor: end }
.middle { text-anchor: middle }
.page { fill: #ffffff }
.grid { stroke: #e5e7eb }
.line { fill: none; stroke-width: 2; stroke-linejoin: round }
.dashed { stroke-dasharray: 6 4 }
.look0 { stroke: #1d4ed8 }
.look1 { stroke: #c2410c }
.look2 { stroke: #047857 }
.look3 { stroke: #7e22ce }
.dot0, .band { fill: #1d4ed8 }
.dot1 { fill: #c2410c }
.dot2 { fill: #047857 }
.dot3 { fill: #7e22ce }
.band { opacity: 0.18 }
@media (prefers-color-scheme: dark) {
text { fill: #d1d5db }
.title { fill: #f9fafb }
.page { fill: #111827 }
.grid { stroke: #374151 }
.look0 { stroke: #93c5fd }
.look1 { stroke: #fdba74 }
.look2 { stroke: #6ee7b7 }
.look3 { stroke: #d8b4fe }
.dot0, .band { fill: #93c5fd }
.dot1 { fill: #fdba74 }
.dot2 { fill: #6ee7b7 }
.dot3 { fill: #d8b4fe }
}";

/// A picture.
#[derive(Debug)]
pub(super) struct Chart {
    pub(super) title: &'static str,
    pub(super) words: &'static str,
    pub(super) across: Axis,
    pub(super) up: Axis,
    pub(super) series: Vec<Series>,
}

/// From the first mark to the last one; each mark has its word.
#[derive(Debug)]
pub(super) struct Axis {
    pub(super) name: &'static str,
    pub(super) marks: Vec<(f64, String)>,
    /// Whether equal steps are equal factors.
    pub(super) by_factors: bool,
}

/// What is drawn alike.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) look: usize,
    pub(super) form: Form,
    pub(super) points: Vec<(f64, f64)>,
}

/// How points are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// What was measured.
    Dots,
    /// What was measured, where a line leads the eye.
    Line,
    /// What was worked out.
    Dashes,
    /// An area, whose points go around it.
    Band,
}

impl Axis {
    fn part(&self, value: f64) -> f64 {
        let scaled = |value: f64| if self.by_factors { value.max(1e-9).ln() } else { value };
        let end = |mark: Option<&(f64, String)>| scaled(mark.map_or(1.0, |(at, _)| *at));
        let (from, to) = (end(self.marks.first()), end(self.marks.last()));
        ((scaled(value) - from) / (to - from)).clamp(0.0, 1.0)
    }
}

impl Chart {
    /// The picture as SVG.
    pub(super) fn svg(&self) -> String {
        let mut body = String::new();
        self.axes(&mut body);
        self.legend(&mut body);
        self.series.iter().for_each(|series| self.series(series, &mut body));
        let told: Vec<_> = self.series.iter().map(Series::told).collect();
        let (title, words) = (escaped(self.title), escaped(self.words));
        let described = escaped(&told.join(". "));
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="title description">
<title id="title">{title}</title>
<desc id="description">{described}.</desc>
<style>
{STYLE}
</style>
<rect class="page" width="100%" height="100%"/>
<text class="title" x="{MARGIN}" y="32">{title}</text>
<text x="{MARGIN}" y="54">{words}</text>
{body}</svg>
"#
        )
    }

    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let across = LEFT + self.across.part(x) * (RIGHT - LEFT);
        (across, BOTTOM - self.up.part(y) * (BOTTOM - TOP))
    }

    fn axes(&self, body: &mut String) {
        for (value, word) in &self.up.marks {
            let y = BOTTOM - self.up.part(*value) * (BOTTOM - TOP);
            let _ = writeln!(body, r#"<path class="grid" d="M{LEFT} {y:.1}H{RIGHT}"/>"#);
            let (x, y) = (LEFT - 8.0, y + 4.0);
            let _ = writeln!(body, r#"<text class="end" x="{x}" y="{y:.1}">{word}</text>"#);
        }
        for (value, word) in &self.across.marks {
            let x = LEFT + self.across.part(*value) * (RIGHT - LEFT);
            let _ = writeln!(body, r#"<path class="grid" d="M{x:.1} {TOP}V{BOTTOM}"/>"#);
            let y = BOTTOM + 18.0;
            let _ = writeln!(body, r#"<text class="middle" x="{x:.1}" y="{y}">{word}</text>"#);
        }
        let (x, y) = (f64::midpoint(LEFT, RIGHT), BOTTOM + 38.0);
        let name = escaped(self.across.name);
        let _ = writeln!(body, r#"<text class="middle" x="{x}" y="{y}">{name}</text>"#);
        let (y, name) = (TOP - 10.0, escaped(self.up.name));
        let _ = writeln!(body, r#"<text x="{MARGIN}" y="{y}">{name}</text>"#);
    }

    fn legend(&self, body: &mut String) {
        let (mut x, y) = (MARGIN, 76.0);
        for series in &self.series {
            let (to, line) = (x + 22.0, y - 4.0);
            let sign = [(x, line), (to, line)];
            match series.form {
                Form::Band => {
                    let top = y - 11.0;
                    let _ = writeln!(
                        body,
                        r#"<rect class="band" x="{x:.1}" y="{top}" width="22" height="12"/>"#
                    );
                }
                Form::Dots => series.dots(&[(x + 11.0, line)], body),
                _ => series.line(&sign, body),
            }
            let name = escaped(&series.name);
            let _ = writeln!(body, r#"<text x="{:.1}" y="{y}">{name}</text>"#, to + 6.0);
            x = to + 22.0 + LETTER * series.name.chars().count() as f64;
        }
    }

    fn series(&self, series: &Series, body: &mut String) {
        let places: Vec<_> = series.points.iter().map(|point| self.place(*point)).collect();
        match series.form {
            Form::Band => {
                let _ = writeln!(body, r#"<polygon class="band" points="{}"/>"#, listed(&places));
            }
            Form::Dots => series.dots(&places, body),
            Form::Dashes => series.line(&places, body),
            Form::Line => {
                series.line(&places, body);
                series.dots(&places, body);
            }
        }
    }
}

impl Series {
    fn line(&self, places: &[(f64, f64)], body: &mut String) {
        let dashed = if self.form == Form::Dashes { " dashed" } else { "" };
        let (look, places) = (self.look, listed(places));
        let _ = writeln!(body, r#"<polyline class="line look{look}{dashed}" points="{places}"/>"#);
    }

    fn dots(&self, places: &[(f64, f64)], body: &mut String) {
        let look = self.look;
        for (x, y) in places {
            let _ = writeln!(body, r#"<circle class="dot{look}" cx="{x:.1}" cy="{y:.1}" r="4"/>"#);
        }
    }

    /// For whoever does not see it.
    fn told(&self) -> String {
        let points: Vec<_> =
            self.points.iter().map(|(x, y)| format!("{x:.0}: {}", short(*y))).collect();
        format!("{}: {}", self.name, points.join(", "))
    }
}

/// A number in a few characters: `850`, `3.4`, `34k`, `1.2M`.
pub(super) fn short(value: f64) -> String {
    let (value, unit) = match value.abs() {
        size if size >= 999_500.0 => (value / 1e6, "M"),
        size if size >= 9_995.0 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let digits = usize::from(value.abs() < 9.95);
    let text = format!("{value:.digits$}");
    format!("{}{unit}", text.strip_suffix(".0").unwrap_or(&text))
}

fn listed(places: &[(f64, f64)]) -> String {
    let places: Vec<_> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    places.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_factors_are_equal_steps() {
        let marks = [1.0, 10.0, 100.0].map(|at| (at, short(at))).to_vec();
        let axis = Axis { name: "jobs", marks, by_factors: true };
        assert!((axis.part(10.0) - 0.5).abs() < 1e-9);
        assert_eq!([axis.part(0.1), axis.part(1e9)], [0.0, 1.0]);
    }

    #[test]
    fn numbers_are_short() {
        let told = [0.0, 2.54, 850.4, 34_000.0, 1_250_000.0].map(short);
        assert_eq!(told, ["0", "2.5", "850", "34k", "1.2M"]);
    }

    #[test]
    fn words_stay_words_and_points_are_told() {
        let axis = |name| Axis {
            name,
            marks: vec![(0.0, "0".into()), (1.0, "1".into())],
            by_factors: false,
        };
        let points = vec![(0.0, 0.0), (1.0, 1.0)];
        let series = Series { name: "a<b".into(), look: 1, form: Form::Dashes, points };
        let (across, up) = (axis("jobs & more"), axis("µs"));
        let chart = Chart { title: "Cost", words: "", across, up, series: vec![series] };
        let svg = chart.svg();
        assert!(svg.contains("a&lt;b: 0: 0, 1: 1") && svg.contains("jobs &amp; more"), "{svg}");
        assert!(
            svg.contains(
                r#"<polyline class="line look1 dashed" points="84.0,366.0 736.0,104.0"/>"#
            )
        );
    }
}
