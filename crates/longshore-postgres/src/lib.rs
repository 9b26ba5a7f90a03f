//! Longshore's durable jobs in PostgreSQL: set-based statements, weekly partitions, claims by cursors.
