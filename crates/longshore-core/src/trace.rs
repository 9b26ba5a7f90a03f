//! Which trace a job belongs to: W3C trace context, carried in the job's context.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde_json::value::RawValue;

use crate::{Invalid, Payload};

const PARENT: &str = "traceparent";
const STATE: &str = "tracestate";
/// Bytes of a trace state that everybody passes on.
const STATE_BYTES: usize = 512;
const STATE_MEMBERS: usize = 32;

/// Where a job was enqueued, as traces tell it: the `traceparent` and `tracestate` of
/// [W3C trace context](https://www.w3.org/TR/trace-context/).
///
/// ```
/// use longshore_core::TraceContext;
/// let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
/// let trace: TraceContext = text.parse()?;
/// assert_eq!(trace.trace_id(), "0af7651916cd43dd8448eb211c80319c");
/// assert_eq!(trace.to_string(), text);
/// assert!("00-0af7".parse::<TraceContext>().is_err());
/// # Ok::<(), longshore_core::InvalidTrace>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TraceContext {
    trace: u128,
    span: u64,
    flags: u8,
    state: Option<String>,
}

/// Why a text is no trace context.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTrace {
    /// No `traceparent`.
    #[error(
        "`{text}` is no traceparent ({why}): give VERSION-TRACE_ID-PARENT_ID-FLAGS in lower-case hex, for instance 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    )]
    Parent {
        /// What was given, cut.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// No `tracestate`.
    #[error(
        "`{text}` is no tracestate ({why}): give NAME=VALUE,NAME=VALUE, at most 32 of them and 512 bytes"
    )]
    State {
        /// What was given, cut.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl TraceContext {
    /// A context from its parts: the trace, the span that enqueues, and the flags (1: sampled).
    ///
    /// # Errors
    /// [`InvalidTrace::Parent`] for an id of zeros.
    pub fn new(trace: u128, span: u64, flags: u8) -> Result<Self, InvalidTrace> {
        let made = Self { trace, span, flags, state: None };
        let wrong = |why| InvalidTrace::Parent { text: made.to_string(), why };
        match (trace, span) {
            (0, _) => Err(wrong("the trace id is all zeros")),
            (_, 0) => Err(wrong("the parent id is all zeros")),
            _ => Ok(made),
        }
    }

    /// The same with what vendors add to it.
    ///
    /// # Errors
    /// [`InvalidTrace::State`] for a text that is no `tracestate`.
    pub fn with_state(self, state: &str) -> Result<Self, InvalidTrace> {
        let state = state.trim_matches([' ', '\t']);
        check_state(state).map_err(|why| InvalidTrace::State { text: cut(state), why })?;
        Ok(Self { state: (!state.is_empty()).then(|| state.to_owned()), ..self })
    }

    /// The trace, as 32 digits.
    #[must_use]
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace)
    }

    /// The trace and the span that enqueued, as numbers.
    #[must_use]
    pub fn ids(&self) -> (u128, u64) {
        (self.trace, self.span)
    }

    /// The flags; bit 1 says that whoever enqueued recorded the trace.
    #[must_use]
    pub fn flags(&self) -> u8 {
        self.flags
    }

    /// The `tracestate`, if there is one.
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// The one that a job's context carries. A malformed one is none: it never harms the job. A malformed
    /// state is dropped, as the standard says.
    #[must_use]
    pub fn of(context: &Payload) -> Option<Self> {
        let fields: BTreeMap<String, &RawValue> = serde_json::from_str(context.as_str()).ok()?;
        let text = |name| serde_json::from_str::<String>(fields.get(name)?.get()).ok();
        let bare: Self = text(PARENT)?.parse().ok()?;
        let state = text(STATE).and_then(|state| bare.clone().with_state(&state).ok());
        Some(state.unwrap_or(bare))
    }

    /// A job's context that carries it, besides what is in it already. An older trace is replaced.
    ///
    /// # Errors
    /// [`Invalid::Context`] for a context that is no JSON object: there is no place for it.
    pub fn add_to(&self, context: Option<&Payload>) -> Result<Payload, Invalid> {
        let text = context.map_or("{}", Payload::as_str);
        let no_object = |_| Invalid::Context;
        let mut fields: BTreeMap<String, Box<RawValue>> =
            serde_json::from_str(text).map_err(no_object)?;
        let raw = |text: &str| serde_json::value::to_raw_value(text).map_err(no_object);
        fields.insert(PARENT.into(), raw(&self.to_string())?);
        fields.remove(STATE);
        if let Some(state) = &self.state {
            fields.insert(STATE.into(), raw(state)?);
        }
        Payload::of(&fields)
    }
}

impl fmt::Display for TraceContext {
    /// The `traceparent`, in version 00.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, self.flags)
    }
}

impl FromStr for TraceContext {
    type Err = InvalidTrace;

    fn from_str(text: &str) -> Result<Self, InvalidTrace> {
        let wrong = |why| InvalidTrace::Parent { text: cut(text), why };
        let mut parts = text.splitn(5, '-');
        let mut part = |digits: usize, why| {
            let part = parts.next().filter(|it| it.len() == digits && is_hex(it));
            part.ok_or(wrong(why))
        };
        let version = part(2, "the version is not two hex digits")?;
        let trace = part(32, "the trace id is not 32 lower-case hex digits")?;
        let span = part(16, "the parent id is not 16 lower-case hex digits")?;
        let flags = part(2, "the flags are not two lower-case hex digits")?;
        match (version, parts.next()) {
            ("ff", _) => return Err(wrong("version ff does not exist")),
            ("00", Some(_)) => return Err(wrong("version 00 has four parts")),
            // A later version may say more, which is not for us.
            _ => {}
        }
        let number = |digits| u128::from_str_radix(digits, 16).unwrap_or_default();
        let (span, flags) = (number(span) as u64, number(flags) as u8);
        // Of flags that later versions may define, only the first is known.
        let flags = if version == "00" { flags } else { flags & 1 };
        Self::new(number(trace), span, flags).map_err(|error| match error {
            InvalidTrace::Parent { why, .. } => wrong(why),
            other => other,
        })
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn check_state(state: &str) -> Result<(), &'static str> {
    if state.len() > STATE_BYTES {
        return Err("it is too long");
    }
    let members = state.split(',').map(|member| member.trim_matches([' ', '\t']));
    let members: Vec<&str> = members.filter(|member| !member.is_empty()).collect();
    if members.len() > STATE_MEMBERS {
        return Err("it has too many members");
    }
    members.into_iter().try_for_each(check_member)
}

fn check_member(member: &str) -> Result<(), &'static str> {
    let (key, value) = member.split_once('=').ok_or("a member has no `=`")?;
    let first = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let later = |byte: u8| first(byte) || b"_-*/@".contains(&byte);
    let is_key = key.len() <= 256 && key.bytes().next().is_some_and(first);
    if !is_key || !key.bytes().all(later) {
        return Err("a name has other characters than a-z, 0-9, _, -, *, / and @");
    }
    let is_plain = |byte| matches!(byte, b' '..=b'~') && byte != b'=';
    if value.is_empty() || value.len() > 256 || !value.bytes().all(is_plain) {
        return Err("a value is empty, too long, or has other characters than printable ASCII");
    }
    Ok(())
}

/// The beginning of what was given.
fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn parsed(text: &str) -> Result<TraceContext, InvalidTrace> {
        text.parse()
    }

    #[test]
    fn a_traceparent_is_read_and_written_alike() {
        let trace = parsed(TRACE).unwrap();
        assert_eq!(trace.ids(), (0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c, 0xb7ad_6b71_6920_3331));
        assert_eq!((trace.flags(), trace.state(), trace.to_string().as_str()), (1, None, TRACE));
    }

    #[test]
    fn what_is_no_traceparent_is_refused_with_advice() {
        let upper = TRACE.to_uppercase();
        for wrong in [
            "",
            "00",
            "garbage",
            &TRACE[..54],
            &format!("{TRACE}0"),
            &format!("{TRACE}-00"),
            &format!(" {TRACE}"),
            &upper,
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
            "00-ßaf7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
        ] {
            let said = parsed(wrong).unwrap_err().to_string();
            assert!(said.contains("is no traceparent") && said.contains("lower-case"), "{said}");
        }
    }

    #[test]
    fn a_later_version_may_say_more() {
        let later = format!("cc{}-what-comes", &TRACE[2..]);
        assert_eq!(parsed(&later).unwrap(), parsed(TRACE).unwrap());
        assert!(parsed(&format!("cc{}what", &TRACE[2..])).is_err());
    }

    #[test]
    fn a_state_is_checked() {
        let trace = parsed(TRACE).unwrap();
        let good = "rojo=00f067aa0ba902b7,congo@x=t61rcWkgMzE,,a/b=c d";
        assert_eq!(trace.clone().with_state(good).unwrap().state(), Some(good));
        assert_eq!(trace.clone().with_state(" ").unwrap().state(), None);
        let many = "a=b,".repeat(33);
        let long = format!("a={}", "b".repeat(600));
        for wrong in ["a", "=b", "A=b", "a=", "a=b=c", "a=ß", &many, &long] {
            assert!(trace.clone().with_state(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_context_carries_a_trace_beside_the_rest() {
        let trace = parsed(TRACE).unwrap().with_state("a=b").unwrap();
        let mine =
            Payload::parse(r#"{"user": 12345678901234567890123, "traceparent": 7}"#).unwrap();
        let carried = trace.add_to(Some(&mine)).unwrap();
        assert_eq!(TraceContext::of(&carried), Some(trace.clone()));
        assert!(carried.as_str().contains("12345678901234567890123"));
        let bare = parsed(TRACE).unwrap();
        assert_eq!(TraceContext::of(&bare.add_to(Some(&carried)).unwrap()), Some(bare.clone()));
        assert_eq!(TraceContext::of(&trace.add_to(None).unwrap()), Some(trace));
        let list = Payload::parse("[1]").unwrap();
        assert_eq!(bare.add_to(Some(&list)), Err(Invalid::Context));
    }

    #[test]
    fn a_malformed_stored_one_is_none() {
        for text in
            ["[]", "7", "{}", r#"{"traceparent":"no"}"#, r#"{"traceparent":{"a":1}}"#, "not json"]
        {
            assert_eq!(TraceContext::of(&Payload::stored(text.into())), None, "{text}");
        }
        let odd = format!(r#"{{"traceparent":"{TRACE}","tracestate":"=,="}}"#);
        let found = TraceContext::of(&Payload::stored(odd)).unwrap();
        assert_eq!((found.state(), found.to_string().as_str()), (None, TRACE));
    }
}
