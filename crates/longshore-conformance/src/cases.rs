//! The cases, by the role that they are about. Each says in its name what must hold.
#![allow(clippy::unwrap_used, reason = "a case that meets an error has failed")]

pub mod consume;
pub mod inspect;
pub mod maintain;
pub mod operate;
pub mod produce;
