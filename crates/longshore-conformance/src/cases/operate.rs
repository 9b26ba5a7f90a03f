//! What stepping in promises.

mod cancel;
mod dead;
mod pause;
mod release;
mod retry;
mod update;

pub use cancel::*;
pub use dead::*;
pub use pause::*;
pub use release::*;
pub use retry::*;
pub use update::*;
