//! What a claim, a heartbeat and a finish promise.

mod blocked;
mod claim;
mod finish;
mod heartbeat;
mod next;
mod order;
mod share;
mod siblings;
mod stale;
mod wish;

pub use blocked::*;
pub use claim::*;
pub use finish::*;
pub use heartbeat::*;
pub use next::*;
pub use order::*;
pub use share::*;
pub use siblings::*;
pub use stale::*;
pub use wish::*;
