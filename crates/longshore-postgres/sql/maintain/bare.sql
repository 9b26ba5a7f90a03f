-- The jobs of a range of ids without a ledger row: those that are held since they came, and those that nobody
-- has claimed yet. Two sets of all ids are compared, which takes six seconds for five million.
SELECT j.id
FROM longshore.jobs j
WHERE j.id >= $1::uuid AND j.id < $2::uuid
  AND NOT EXISTS (
      SELECT FROM longshore.attempts a
      WHERE a.job_id = j.id AND a.job_id >= $1::uuid AND a.job_id < $2::uuid
  )
LIMIT $3::int8
