//! Prometheus' text format, for what is not counted but looked up when somebody asks: what cannot be looked
//! up is absent, and is not an old value.

use std::fmt::Write;

use longshore_metrics::names;

/// Writes a gauge with all its samples; nothing if it has none.
pub(super) fn gauge<'a>(
    text: &mut String,
    name: &str,
    samples: impl IntoIterator<Item = (&'a [(&'a str, &'a str)], f64)>,
) {
    let mut samples = samples.into_iter().peekable();
    if samples.peek().is_none() {
        return;
    }
    let says = names::ALL.iter().find(|measure| measure.name == name).map_or("", |it| it.says);
    // Writing to a string does not fail.
    let _ = write!(text, "# HELP {name} {says}\n# TYPE {name} gauge\n");
    for (labels, value) in samples {
        text.push_str(name);
        for (place, (label, of)) in labels.iter().enumerate() {
            let before = if place == 0 { '{' } else { ',' };
            let _ = write!(text, "{before}{label}=\"{}\"", escaped(of));
        }
        let after = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(text, "{after} {value}");
    }
    text.push('\n');
}

fn escaped(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_written_with_their_labels_and_strange_names_are_escaped() {
        let mut text = String::new();
        let labels: [&[_]; 2] = [&[], &[("queue", "a\"b\\c\nd"), ("state", "dead")]];
        gauge(&mut text, names::WEEKS_AHEAD, [(labels[0], 1.0), (labels[1], 2.5)]);
        let (says, samples) = text.split_once("# TYPE").unwrap();
        assert!(says.starts_with("# HELP longshore_weeks_ahead Weeks"), "{text}");
        assert_eq!(
            samples,
            " longshore_weeks_ahead gauge\nlongshore_weeks_ahead 1\n\
             longshore_weeks_ahead{queue=\"a\\\"b\\\\c\\nd\",state=\"dead\"} 2.5\n\n"
        );
    }

    #[test]
    fn a_gauge_without_samples_is_absent() {
        let mut text = String::new();
        gauge(&mut text, names::WEEKS_AHEAD, []);
        assert_eq!(text, "");
    }
}
