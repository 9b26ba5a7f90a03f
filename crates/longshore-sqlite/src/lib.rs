//! Longshore's durable jobs in SQLite: WAL, synchronous=FULL, one writer that groups commits.
