//! Labels as they are typed: `NAME=VALUE`.

use longshore_core::{Label, Labels};

use crate::exit::Refused;

/// Reads `NAME=VALUE`. A value that is written as an integer is one; between double quotes it is a string
/// whatever it looks like, as in JSON.
pub(crate) fn label(text: &str) -> Result<(String, Label), String> {
    let (name, value) =
        text.split_once('=').ok_or("give NAME=VALUE, for instance customer=acme")?;
    Ok((name.to_owned(), of_value(value)))
}

/// Labels, each named once: of two values for one name nobody knows which was meant.
pub(crate) fn each_once(given: &[(String, Label)]) -> anyhow::Result<Labels> {
    let mut labels = Labels::new();
    for (name, label) in given {
        if labels.insert(name.clone(), label.clone()).is_some() {
            return Err(Refused::invalid(format!(
                "label `{name}` is named twice: a job has one of a name"
            )));
        }
    }
    Ok(labels)
}

fn of_value(text: &str) -> Label {
    if let Ok(quoted) = serde_json::from_str::<String>(text) {
        return Label::Text(quoted);
    }
    // 007 and +7 are how somebody writes a string.
    match text.parse::<i64>() {
        Ok(number) if number.to_string() == text => Label::Int(number),
        _ => Label::Text(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_an_integer_where_it_is_written_as_one() {
        let value = |text: &str| label(&format!("size={text}")).unwrap().1;
        assert_eq!(value("3"), Label::Int(3));
        assert_eq!(value("-9223372036854775808"), Label::Int(i64::MIN));
        for (text, string) in [
            (r#""3""#, "3"),
            (r#""a \"b\"""#, "a \"b\""),
            ("007", "007"),
            ("+7", "+7"),
            ("-0", "-0"),
            ("1.5", "1.5"),
            ("9223372036854775808", "9223372036854775808"),
            ("a=b", "a=b"),
            ("\"", "\""),
            ("", ""),
        ] {
            assert_eq!(value(text), Label::Text(string.into()), "{text}");
        }
        assert!(label("size").is_err());
    }
}
