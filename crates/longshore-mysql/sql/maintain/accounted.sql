-- How many jobs of a week have a ledger or a place, and their ids folded together. If that is what all jobs of the
-- week come to, each has one. To count them and to fold their ids is much quicker than to look each job up, and
-- tells as much (5,000,000 take 0.9 seconds): the ids tell jobs apart from ledgers that a rotation left which was
-- broken off.
SELECT ledgers.number + places.number AS jobs, ledgers.ids ^ places.ids AS ids
FROM (
    SELECT COUNT(*) AS number, BIT_XOR(CRC32(job_id)) AS ids
    FROM longshore_attempts PARTITION (catch_all) FORCE INDEX (PRIMARY)
    WHERE seq = 1
) AS ledgers
CROSS JOIN (
    SELECT COUNT(*) AS number, BIT_XOR(CRC32(p.id)) AS ids
    FROM (
        SELECT id FROM longshore_queue FORCE INDEX (queue_by_id) WHERE id >= ? AND id < ?
        UNION
        SELECT id FROM longshore_leases FORCE INDEX (PRIMARY) WHERE id >= ? AND id < ?
        UNION
        SELECT id FROM longshore_dead FORCE INDEX (PRIMARY) WHERE id >= ? AND id < ?
    ) AS p
    LEFT JOIN longshore_attempts a FORCE INDEX (PRIMARY) ON a.job_id = p.id AND a.seq = 1
    WHERE a.job_id IS NULL
) AS places
