//! What a claim, a heartbeat and a finish promise.

mod claim;
mod finish;
mod heartbeat;
mod order;
mod share;
mod stale;

pub use claim::*;
pub use finish::*;
pub use heartbeat::*;
pub use order::*;
pub use share::*;
pub use stale::*;
