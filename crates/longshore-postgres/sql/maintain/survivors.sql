-- The jobs of a range of ids that must stay: those with a place, and those whose last ledger row is missing,
-- does not end them, or is not older than the cut-off. Ids and ledger are read in the order of their keys.
SELECT id FROM longshore.queue WHERE id >= $1::uuid AND id < $2::uuid
UNION
SELECT id FROM longshore.leases WHERE id >= $1::uuid AND id < $2::uuid
UNION
SELECT id FROM longshore.dead WHERE id >= $1::uuid AND id < $2::uuid
UNION
SELECT j.id
FROM longshore.jobs j
LEFT JOIN (
    SELECT DISTINCT ON (job_id) job_id, state_after, at
    FROM longshore.attempts
    WHERE job_id >= $1::uuid AND job_id < $2::uuid
    ORDER BY job_id DESC, seq DESC
) AS last ON last.job_id = j.id
WHERE j.id >= $1::uuid AND j.id < $2::uuid
  AND (last.job_id IS NULL OR last.state_after NOT IN (5, 6, 7) OR last.at >= $3::timestamptz)
LIMIT $4::int8
