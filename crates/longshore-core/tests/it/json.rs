//! Payloads: what every engine can store and every handler can read, and nothing else.

use longshore_core::{Invalid, Payload, check_json};
use proptest::prelude::*;
use serde_json::Value;

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(8, 64, 6, |inner| {
        let map = prop::collection::hash_map("[a-z\"\\\\]{0,3}", inner.clone(), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(Value::from),
            map.prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// What a reader that knows all of JSON thinks of a text.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(map) => map.iter().any(|(key, item)| key.contains('\0') || has_nul(item)),
        _ => false,
    }
}

/// Ours and serde's verdict on one text.
fn agree(text: &str) -> Result<(), TestCaseError> {
    let ours = Payload::parse(text);
    match serde_json::from_str::<Value>(text) {
        Ok(value) if has_nul(&value) => prop_assert_eq!(ours, Err(Invalid::Nul)),
        Ok(_) => prop_assert!(ours.is_ok_and(|it| it.as_str() == text)),
        // A number that no `f64` holds is JSON all the same.
        Err(error) if error.to_string().contains("number out of range") => {}
        Err(error) => prop_assert!(ours.is_err(), "{} {}", text, error),
    }
    Ok(())
}

proptest! {
    #[test]
    fn what_serde_writes_is_a_payload(value in any_json()) {
        agree(&value.to_string())?;
        agree(&serde_json::to_string_pretty(&value).unwrap())?;
        prop_assert_eq!(Payload::of(&value).is_ok(), !has_nul(&value));
    }

    #[test]
    fn a_changed_text_gets_the_verdict_of_serde(
        value in any_json(),
        place in any::<prop::sample::Index>(),
        piece in r#"[\[\]{}":,\\0-9eE.u+-]{0,3}|\\u[0d][08][0-9a-f]{2}|\\\\|\\""#,
        cut in 0usize..3,
    ) {
        let text: Vec<_> = value.to_string().chars().collect();
        let at = place.index(text.len());
        let rest = &text[(at + cut).min(text.len())..];
        let changed: String = text[..at].iter().chain(&piece.chars().collect::<Vec<_>>()).chain(rest).collect();
        agree(&changed)?;
    }

    #[test]
    fn any_text_is_judged_without_a_panic(text in any::<String>()) {
        let _ = check_json(&text);
        agree(&text)?;
    }

    #[test]
    fn surrogates_are_characters_in_pairs_only(high in 0xD800u32..0xDC00, low in 0xDC00u32..0xE000) {
        let pair = format!(r#""\u{high:04x}\u{low:04X}""#);
        prop_assert!(Payload::parse(pair).is_ok());
        for lone in [format!(r#""\u{high:04x}""#), format!(r#""\u{low:04x}""#), format!(r#""\u{low:04x}\u{high:04x}""#)] {
            prop_assert_eq!(Payload::parse(lone), Err(Invalid::Surrogate));
        }
    }
}

#[test]
fn the_deepest_payload_can_still_be_read() {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let Err(Invalid::Depth { max }) = Payload::parse(deep(10_000)) else { panic!("too deep") };
    let deepest = Payload::parse(deep(max)).unwrap();
    assert!(deepest.decode::<Value>().is_ok(), "a handler must be able to read what was stored");
    assert_eq!(Payload::parse(deep(max + 1)), Err(Invalid::Depth { max }));
    assert!(
        Payload::parse(format!("\"{}\"", "[".repeat(1000))).is_ok(),
        "in a text it is no depth"
    );
}
