-- Whether each job of a range of ids has a ledger or a place, and how many jobs there are. To count is much
-- quicker than to look each job up, and tells as much: there is no ledger without its job.
SELECT jobs.number AS jobs, jobs.number = ledgers.number + places.number AS agree
FROM (
    SELECT count(*) AS number FROM longshore.jobs WHERE id >= $1::uuid AND id < $2::uuid
) AS jobs
CROSS JOIN (
    SELECT count(*) AS number
    FROM longshore.attempts
    WHERE job_id >= $1::uuid AND job_id < $2::uuid AND seq = 1
) AS ledgers
CROSS JOIN (
    SELECT count(*) AS number
    FROM (
        SELECT id FROM longshore.queue WHERE id >= $1::uuid AND id < $2::uuid
        UNION
        SELECT id FROM longshore.leases WHERE id >= $1::uuid AND id < $2::uuid
        UNION
        SELECT id FROM longshore.dead WHERE id >= $1::uuid AND id < $2::uuid
    ) AS p
    WHERE NOT EXISTS (
        SELECT FROM longshore.attempts a
        WHERE a.job_id = p.id AND a.job_id >= $1::uuid AND a.job_id < $2::uuid AND a.seq = 1
    )
) AS places
