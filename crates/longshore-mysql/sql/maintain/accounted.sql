-- Whether each job of a week has a ledger or a place, and how many jobs there are. To count them and to fold their
-- ids together is much quicker than to look each job up, and tells as much (5,000,000 take two seconds): the ids
-- tell jobs apart from ledgers that a rotation left which was broken off.
SELECT jobs.number AS jobs,
       jobs.number = ledgers.number + places.number AND jobs.ids = ledgers.ids ^ places.ids AS agree
FROM (
    SELECT COUNT(*) AS number, BIT_XOR(CRC32(id)) AS ids
    FROM longshore_jobs PARTITION (catch_all) FORCE INDEX (jobs_by_event)
) AS jobs
CROSS JOIN (
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
