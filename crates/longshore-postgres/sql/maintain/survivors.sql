-- The jobs of a range of ids that must stay, of those that have a place or a ledger: those with a place, and those
-- whose last ledger row did not end them before the cut-off. One pass over the ledger, with a look-up for what is
-- unusual.
SELECT id FROM longshore.queue WHERE id >= $1::uuid AND id < $2::uuid
UNION
SELECT id FROM longshore.leases WHERE id >= $1::uuid AND id < $2::uuid
UNION
SELECT id FROM longshore.dead WHERE id >= $1::uuid AND id < $2::uuid
UNION
SELECT last.job_id
FROM longshore.attempts last
WHERE last.job_id >= $1::uuid AND last.job_id < $2::uuid
  AND (last.state_after NOT IN (5, 6, 7) OR last.at >= $3::timestamptz)
  AND NOT EXISTS (
      SELECT FROM longshore.attempts a
      WHERE a.job_id = last.job_id AND a.job_id >= $1::uuid AND a.job_id < $2::uuid AND a.seq > last.seq
  )
LIMIT $4::int8
