//! The cases, by the role that they are about. Each says in its name what must hold.
#![allow(missing_docs, reason = "the name of a case says it all")]
#![allow(clippy::unwrap_used, reason = "a case that meets an error has failed")]

pub mod agreement;
pub mod consume;
pub mod inspect;
pub mod maintain;
pub mod operate;
pub mod produce;
