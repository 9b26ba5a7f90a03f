//! The dynamic questions of Longshore (filters, cursors, pages), written once for every SQL dialect.
