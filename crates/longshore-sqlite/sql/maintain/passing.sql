-- The next ?3 jobs with ids from ?1 to before ?2, and which of them may go: those without a place, whose last
-- ledger row ended them before ?4.
SELECT j.id,
       NOT EXISTS (SELECT 1 FROM longshore_queue AS q WHERE q.id = j.id)
       AND NOT EXISTS (SELECT 1 FROM longshore_leases AS l WHERE l.id = j.id)
       AND NOT EXISTS (SELECT 1 FROM longshore_dead AS d WHERE d.id = j.id)
       AND coalesce((SELECT a.state_after IN (5, 6, 7) AND a.at < ?4 FROM longshore_attempts AS a
                      WHERE a.job_id = j.id ORDER BY a.seq DESC LIMIT 1), 0) AS may_go
  FROM longshore_jobs AS j
 WHERE j.id >= ?1 AND j.id < ?2
 ORDER BY j.id
 LIMIT ?3;
