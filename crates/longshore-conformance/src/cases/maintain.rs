//! What keeping the house promises.

mod rescue;
mod schema;

pub use rescue::*;
pub use schema::*;
