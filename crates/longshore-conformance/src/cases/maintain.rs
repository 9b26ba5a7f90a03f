//! What keeping the house promises.

mod labels;
mod rescue;
mod schema;
mod weeks;

pub use labels::*;
pub use rescue::*;
pub use schema::*;
pub use weeks::*;
