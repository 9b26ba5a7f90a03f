//! End-to-end tests of the `longshore` binary: they stand in `it/`, one file for each theme.
