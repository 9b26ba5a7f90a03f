//! End-to-end tests of the longshore binary.
