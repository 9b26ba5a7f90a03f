-- The partitions of a table, from the first to the last.
SELECT partition_name AS name
FROM information_schema.partitions
WHERE table_schema = ? AND table_name = ? AND partition_name IS NOT NULL
ORDER BY partition_ordinal_position
