//! What the pure types promise, tried on thousands of random values and on every boundary.

mod backoff;
mod codes;
mod cursor;
mod explain;
mod failure;
mod id;
mod json;
mod limits;
mod page;
mod retention;
mod step;
mod transition_id;
mod walk;
mod week;
