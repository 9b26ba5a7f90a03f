//! What keeping the house promises.

mod rescue;
mod schema;
mod weeks;

pub use rescue::*;
pub use schema::*;
pub use weeks::*;
