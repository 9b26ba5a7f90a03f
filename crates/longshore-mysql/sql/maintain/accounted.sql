-- Whether each job of a range of ids has a ledger or a place, and how many jobs there are. To count and to sum up
-- is much quicker than to look each job up, and tells as much: the sums tell ids apart that were left by a rotation
-- that was broken off.
SELECT jobs.number AS jobs,
       jobs.number = ledgers.number + places.number AND jobs.crc = ledgers.crc + places.crc AS agree
FROM (
    SELECT COUNT(*) AS number, COALESCE(SUM(CRC32(id)), 0) AS crc
    FROM longshore_jobs FORCE INDEX (jobs_by_event)
    WHERE id >= ? AND id < ?
) AS jobs
CROSS JOIN (
    SELECT COUNT(*) AS number, COALESCE(SUM(CRC32(job_id)), 0) AS crc
    FROM longshore_attempts FORCE INDEX (PRIMARY)
    WHERE job_id >= ? AND job_id < ? AND seq = 1
) AS ledgers
CROSS JOIN (
    SELECT COUNT(*) AS number, COALESCE(SUM(CRC32(p.id)), 0) AS crc
    FROM (
        SELECT id FROM longshore_queue FORCE INDEX (queue_by_id) WHERE id >= ? AND id < ?
        UNION ALL
        SELECT id FROM longshore_leases FORCE INDEX (PRIMARY) WHERE id >= ? AND id < ?
        UNION ALL
        SELECT id FROM longshore_dead FORCE INDEX (PRIMARY) WHERE id >= ? AND id < ?
    ) AS p
    LEFT JOIN longshore_attempts a FORCE INDEX (PRIMARY) ON a.job_id = p.id AND a.seq = 1
    WHERE a.job_id IS NULL
) AS places
