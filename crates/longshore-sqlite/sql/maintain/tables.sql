-- The tables with our prefix, without it.
SELECT substr(name, 11) AS name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'longshore_*';
