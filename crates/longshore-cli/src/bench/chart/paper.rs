//! The SVG around the panels: real text, colours for light and for dark, a title and a description.

/// Colours differ in brightness, too, and lines in their dashes.
const STYLE: &str = "\
text { font: 12px system-ui, sans-serif; fill: #374151 }
.title { font-size: 18px; font-weight: 600; fill: #111827 }
.head { font-size: 14px; font-weight: 600; fill: #111827 }
.strong { font-weight: 600; fill: #111827 }
.end { text-anchor: end }
.middle { text-anchor: middle }
.page { fill: #ffffff }
.grid { stroke: #e5e7eb; fill: none }
.line { fill: none; stroke-width: 2; stroke-linejoin: round }
.look0 { stroke: #1d4ed8 }
.look1 { stroke: #c2410c; stroke-dasharray: 7 3 }
.look2 { stroke: #047857; stroke-dasharray: 2 3 }
.told { fill: #111827 }
@media (prefers-color-scheme: dark) {
text { fill: #d1d5db }
.title, .head, .strong { fill: #f9fafb }
.page { fill: #111827 }
.grid { stroke: #374151 }
.look0 { stroke: #93c5fd }
.look1 { stroke: #fdba74 }
.look2 { stroke: #6ee7b7 }
.told { fill: #f9fafb }
}";

/// A whole picture.
pub(super) fn picture(
    (width, height): (f64, f64),
    title: &str,
    description: &str,
    body: &str,
) -> String {
    let (title, description) = (escaped(title), escaped(description));
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" aria-labelledby="title description">
<title id="title">{title}</title>
<desc id="description">{description}</desc>
<style>
{STYLE}
</style>
<rect class="page" width="100%" height="100%"/>
{body}</svg>
"#
    )
}

/// Text that stays text.
pub(super) fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut safe, letter| {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            letter if letter.is_control() => safe.push('\u{FFFD}'),
            letter => safe.push(letter),
        }
        safe
    })
}
