-- Moves the rows that a claim found from the queue to the leases: ?1 ranges, each
-- [queue, tenant, rank, first due_at, first id, last due_at, last id]; ?2 kinds as in `claim.sql`;
-- ?3 worker; ?4 now; ?5 until when. In the same transaction the same ranges and kinds hold the same rows.
-- (Without the table of ranges their ends are taken from the text for each row: 3.5 us a job, so 1.2.)
WITH r (queue, tenant, rank, first_due, first_id, last_due, last_id) AS MATERIALIZED (
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, unhex(value ->> 4), value ->> 5, unhex(value ->> 6)
      FROM json_each(?1)
)
INSERT INTO longshore_leases (id, queue, tenant, rank, due_at, kind, attempt, last_attempt, crashes, seq,
       waiting, flags, worker_id, started_at, lease_until)
SELECT q.id, q.queue, q.tenant, q.rank, q.due_at, q.kind, q.attempt + 1, q.last_attempt, q.crashes, q.seq,
       q.waiting, q.flags, ?3, ?4, ?5
  FROM r
 CROSS JOIN longshore_queue AS q
         ON q.queue = r.queue AND q.tenant = r.tenant AND q.rank = r.rank
        AND (q.due_at, q.id) >= (r.first_due, r.first_id)
        AND (q.due_at, q.id) <= (r.last_due, r.last_id)
 WHERE instr(?2, char(10) || q.kind || char(10));
