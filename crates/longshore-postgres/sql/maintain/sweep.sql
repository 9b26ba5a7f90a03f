-- Deletes those of the next $2 jobs of the catch-all behind id $1 that may go: they have no place, and their
-- last ledger row ended them before $3. Answers how many went, and up to which id it looked.
WITH seen AS MATERIALIZED (
    SELECT id FROM longshore.jobs_default WHERE id > $1::uuid ORDER BY id LIMIT $2::int8
),
gone AS (
    DELETE FROM longshore.jobs_default j
    USING seen
    WHERE j.id = seen.id
      AND NOT EXISTS (SELECT FROM longshore.queue q WHERE q.id = seen.id)
      AND NOT EXISTS (SELECT FROM longshore.leases l WHERE l.id = seen.id)
      AND NOT EXISTS (SELECT FROM longshore.dead d WHERE d.id = seen.id)
      AND (
          SELECT a.state_after IN (5, 6, 7) AND a.at < $3::timestamptz
          FROM longshore.attempts_default a
          WHERE a.job_id = seen.id ORDER BY a.seq DESC LIMIT 1
      )
    RETURNING j.id
),
their_labels AS (
    DELETE FROM longshore.labels_default l USING gone WHERE l.job_id = gone.id
),
their_ledger AS (
    DELETE FROM longshore.attempts_default a USING gone WHERE a.job_id = gone.id
),
their_results AS (
    DELETE FROM longshore.results_default r USING gone WHERE r.job_id = gone.id
)
SELECT (SELECT count(*) FROM gone) AS gone, (SELECT id FROM seen ORDER BY id DESC LIMIT 1) AS upto
