-- What the partitions of jobs, labels, ledger and results take on the disk together, by name.
SELECT partition_name AS name, CAST(SUM(data_length + index_length) AS SIGNED) AS bytes
FROM information_schema.partitions
WHERE table_schema = ? AND table_name IN (?, ?, ?, ?) AND partition_name IS NOT NULL
GROUP BY partition_name
