//! 28,000 airports, one job each: which other airport is nearest?.
