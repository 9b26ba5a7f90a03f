-- The steps that were applied.
SELECT version, checksum FROM longshore_migrations ORDER BY version;
