-- The jobs of a range of ids that must stay: those with a place; those without a ledger row that ended them
-- before the cut-off; and those where another row came after it. Each part is one pass, without look-ups.
SELECT id FROM longshore.queue WHERE id >= $1::uuid AND id < $2::uuid
UNION
SELECT id FROM longshore.leases WHERE id >= $1::uuid AND id < $2::uuid
UNION
SELECT id FROM longshore.dead WHERE id >= $1::uuid AND id < $2::uuid
UNION
SELECT j.id
FROM longshore.jobs j
WHERE j.id >= $1::uuid AND j.id < $2::uuid
  AND NOT EXISTS (
      SELECT FROM longshore.attempts a
      WHERE a.job_id = j.id AND a.job_id >= $1::uuid AND a.job_id < $2::uuid
        AND a.state_after IN (5, 6, 7) AND a.at < $3::timestamptz
  )
UNION
SELECT late.job_id
FROM longshore.attempts late
WHERE late.job_id >= $1::uuid AND late.job_id < $2::uuid
  AND late.seq > 1 AND (late.state_after NOT IN (5, 6, 7) OR late.at >= $3::timestamptz)
  AND NOT EXISTS (
      SELECT FROM longshore.attempts a
      WHERE a.job_id = late.job_id AND a.job_id >= $1::uuid AND a.job_id < $2::uuid AND a.seq > late.seq
  )
LIMIT $4::int8
