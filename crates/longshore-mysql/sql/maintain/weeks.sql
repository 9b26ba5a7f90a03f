-- The partitions of a table, from the first to the last, with an estimate of their rows.
SELECT partition_name AS name, CAST(table_rows AS SIGNED) AS about
FROM information_schema.partitions
WHERE table_schema = ? AND table_name = ? AND partition_name IS NOT NULL
ORDER BY partition_ordinal_position
