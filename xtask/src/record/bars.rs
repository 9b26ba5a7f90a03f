//! The comparison as a picture: how many times the best of the others, for each figure of each database.

use std::fmt::Write;

use super::{Comparison, DATABASES, Record};

const WIDTH: f64 = 860.0;
const MARGIN: f64 = 24.0;
const HEADER: f64 = 56.0;
/// Of a database's name, and of a figure.
const HEADING: f64 = 58.0;
const ROW: f64 = 24.0;
/// From here bars grow to both sides of where both are equal.
const LEFT: f64 = 180.0;
const RIGHT: f64 = 660.0;
/// Twice as much is one step to the right. Bars that leave this room are cut; their numbers are not.
const STEPS: (f64, f64) = (-2.0, 4.0);

const STYLE: &str = "\
text { font: 13px system-ui, sans-serif; fill: #374151 }
.title { font-size: 18px; font-weight: 600; fill: #111827 }
.head { font-size: 15px; font-weight: 600; fill: #111827 }
.end { text-anchor: end }
.middle { text-anchor: middle }
.page { fill: #ffffff }
.grid { stroke: #e5e7eb }
.equal { stroke: #6b7280; stroke-width: 1.5 }
.ahead { fill: #1d4ed8 }
.behind { fill: #c2410c }
@media (prefers-color-scheme: dark) {
text { fill: #d1d5db }
.title, .head { fill: #f9fafb }
.page { fill: #111827 }
.grid { stroke: #374151 }
.equal { stroke: #9ca3af }
.ahead { fill: #93c5fd }
.behind { fill: #fdba74 }
}";

/// Draws the record.
pub(crate) fn picture(record: &Record) -> String {
    let (mut body, mut told, mut y) = (String::new(), Vec::new(), HEADER);
    for database in DATABASES {
        let compared = record.compare_itself(database);
        if compared.is_empty() {
            continue;
        }
        let heading = format!("{}, {}", name(database), record.date(database));
        y += HEADING;
        let _ =
            writeln!(body, r#"<text class="head" x="{MARGIN}" y="{}">{heading}</text>"#, y - 26.0);
        scale(y, compared.len() as f64 * ROW, &mut body);
        for (number, it) in compared.iter().enumerate() {
            bar(it, y + number as f64 * ROW, &mut body);
        }
        y += compared.len() as f64 * ROW;
        let figures: Vec<_> =
            compared.iter().map(|it| format!("{} {:.2}", it.figure.name, it.ratio())).collect();
        told.push(format!("{heading}: {}", figures.join("; ")));
    }
    let (height, description) = (y + MARGIN, told.join(". "));
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title description">
<title id="title">Longshore against the best of the others</title>
<desc id="description">{description}.</desc>
<style>
{STYLE}
</style>
<rect class="page" width="100%" height="100%"/>
<text class="title" x="{MARGIN}" y="32">Longshore against the best of the others</text>
<text x="{MARGIN}" y="54">Times as good, in one run on one machine: to the right we are ahead, to the left we lose.</text>
{body}</svg>
"#
    )
}

fn scale(top: f64, height: f64, body: &mut String) {
    let (from, to) = (STEPS.0 as i32, STEPS.1 as i32);
    for step in from..=to {
        let ratio = 2f64.powi(step);
        let (x, y) = (place(ratio), top - 6.0);
        let class = if step == 0 { "equal" } else { "grid" };
        let bottom = top + height;
        let _ = writeln!(body, r#"<path class="{class}" d="M{x:.1} {top}V{bottom}"/>"#);
        let _ = writeln!(body, r#"<text class="middle" x="{x:.1}" y="{y}">{ratio} ×</text>"#);
    }
}

fn bar(it: &Comparison, top: f64, body: &mut String) {
    let (equal, reached, text_y) = (place(1.0), place(it.ratio()), top + 16.0);
    let (x, width) = (equal.min(reached), (reached - equal).abs().max(1.0));
    let class = if it.loses() { "behind" } else { "ahead" };
    let words = if it.loses() { ": we lose" } else { "" };
    let (figure, ratio, peer) = (it.figure.name, it.ratio(), escaped(&it.peer));
    let _ = writeln!(
        body,
        r#"<text class="end" x="{}" y="{text_y}">{figure}</text>
<rect class="{class}" x="{x:.1}" y="{}" width="{width:.1}" height="14" rx="2"/>
<text x="{:.1}" y="{text_y}">{ratio:.2} × {peer}{words}</text>"#,
        LEFT - 12.0,
        top + 5.0,
        equal.max(reached) + 8.0,
    );
}

fn place(ratio: f64) -> f64 {
    let step = ratio.max(f64::MIN_POSITIVE).log2().clamp(STEPS.0, STEPS.1);
    LEFT + (step - STEPS.0) / (STEPS.1 - STEPS.0) * (RIGHT - LEFT)
}

fn name(database: &str) -> &str {
    match database {
        "postgres" => "PostgreSQL",
        "mysql" => "MariaDB",
        _ => "SQLite",
    }
}

/// Text as it stands in a picture.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::super::tests::RUN;
    use super::*;

    #[test]
    fn the_picture_tells_ahead_from_behind() {
        let picture = picture(&Record::parse(RUN).unwrap());
        assert!(picture.contains("SQLite, 2026-01-02: bulk enqueue/s 2.50; drain/s 2.00"));
        assert!(picture.contains(">2.50 × a</text>"));
        assert!(picture.contains(">0.50 × a: we lose</text>"));
        assert_eq!(picture.matches("<rect class=\"behind\"").count(), 1);
        assert!(!picture.contains("PostgreSQL"), "there is nothing to compare");
    }

    #[test]
    fn a_bar_stays_in_its_room() {
        assert_eq!([place(0.01), place(100.0)], [LEFT, RIGHT]);
    }
}
