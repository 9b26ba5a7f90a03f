//! Durable background jobs in the SQL database you already run.
