SELECT count(*) AS present FROM sqlite_schema WHERE type = 'table' AND name = 'longshore_migrations';
