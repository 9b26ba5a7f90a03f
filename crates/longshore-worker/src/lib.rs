//! Longshore's runtime: claims jobs, runs typed handlers, finishes, keeps leases, stops gracefully.
