//! Just enough of `PromQL` to know which metrics and labels a query speaks of.

use std::collections::BTreeSet;

/// What a query speaks of.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Spoken {
    pub(crate) selectors: Vec<Selector>,
    /// Labels by which it groups or joins.
    pub(crate) groups: BTreeSet<String>,
}

/// A metric, and what its labels must be.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Selector {
    pub(crate) name: String,
    pub(crate) matchers: Vec<Matcher>,
}

/// `label="value"`
#[derive(Debug, PartialEq)]
pub(crate) struct Matcher {
    pub(crate) label: String,
    /// `=`, `!=`, `=~` or `!~`
    pub(crate) sign: String,
    pub(crate) value: String,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Name(String),
    Text(String),
    /// A number, or a range in brackets: they name nothing.
    Measure,
    Sign(String),
}

const LISTS_LABELS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];
const JOINS: [&str; 5] = ["and", "or", "unless", "offset", "bool"];

/// Reads a query.
pub(crate) fn spoken(query: &str) -> Spoken {
    let tokens = tokens(query);
    let is_sign = |at: usize, sign: &str| tokens.get(at) == Some(&Token::Sign(sign.into()));
    let mut spoken = Spoken::default();
    let mut at = 0;
    while at < tokens.len() {
        let Token::Name(name) = &tokens[at] else {
            at += 1;
            continue;
        };
        at += 1;
        let next_lists =
            matches!(tokens.get(at), Some(Token::Name(next)) if LISTS_LABELS.contains(&&**next));
        if LISTS_LABELS.contains(&&**name) && is_sign(at, "(") {
            while !is_sign(at, ")") {
                if let Token::Name(label) = &tokens[at] {
                    spoken.groups.insert(label.clone());
                }
                at += 1;
            }
        } else if !JOINS.contains(&&**name) && !is_sign(at, "(") && !next_lists {
            let mut selector = Selector { name: name.clone(), matchers: Vec::new() };
            if is_sign(at, "{") {
                while !is_sign(at, "}") {
                    if let [Token::Name(label), Token::Sign(sign), Token::Text(value), ..] =
                        &tokens[at..]
                    {
                        selector.matchers.push(Matcher {
                            label: label.clone(),
                            sign: sign.clone(),
                            value: value.clone(),
                        });
                    }
                    at += 1;
                }
            }
            spoken.selectors.push(selector);
        }
    }
    spoken
}

fn tokens(query: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = query.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = |of: fn(char) -> bool| rest.find(|c| !of(c)).unwrap_or(rest.len());
        let (token, length) = match first {
            'a'..='z' | 'A'..='Z' | '_' | ':' => {
                let length = length(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':');
                (Token::Name(rest[..length].into()), length)
            }
            '0'..='9' => (Token::Measure, length(|c| c.is_ascii_alphanumeric() || c == '.')),
            '[' => (Token::Measure, rest.find(']').expect("a range ends") + 1),
            '"' => {
                let end = rest[1..].find('"').expect("a text ends");
                (Token::Text(rest[1..=end].into()), end + 2)
            }
            _ => {
                let length =
                    if rest.starts_with("=~") || rest[1..].starts_with(['=', '~']) { 2 } else { 1 };
                (Token::Sign(rest[..length].into()), length)
            }
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    tokens
}

#[test]
fn what_a_query_speaks_of_is_understood() {
    let query = "histogram_quantile(0.95, sum by (le, kind) (rate(run_bucket{queue=~\"$q\", state!=\"a b\"}[5m]))) \
                 > 1e3 unless on (queue) max without(job)(age offset 5m) == bool 1";
    let Spoken { selectors, groups } = spoken(query);
    let names: Vec<_> = selectors.iter().map(|selector| &*selector.name).collect();
    assert_eq!(names, ["run_bucket", "age"]);
    let matchers = &selectors[0].matchers;
    assert_eq!(
        (&*matchers[0].label, &*matchers[0].sign, &*matchers[0].value),
        ("queue", "=~", "$q")
    );
    assert_eq!(
        (&*matchers[1].label, &*matchers[1].sign, &*matchers[1].value),
        ("state", "!=", "a b")
    );
    assert_eq!(groups, ["job", "kind", "le", "queue"].map(String::from).into());
    // A metric without anything, and one that a function is called like.
    assert_eq!(spoken("up").selectors.len(), 1);
    assert_eq!(spoken("vector(1)").selectors.len(), 0);
}
