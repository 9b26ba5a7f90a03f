//! What keeping the house promises.

mod labels;
mod logs;
mod rescue;
mod schema;
mod weeks;

pub use labels::*;
pub use logs::*;
pub use rescue::*;
pub use schema::*;
pub use weeks::*;
