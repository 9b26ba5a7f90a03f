//! The same on PostgreSQL: one schema for each test.
