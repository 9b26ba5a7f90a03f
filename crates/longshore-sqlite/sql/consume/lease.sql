-- Moves the rows that a claim found from the queue to the leases: ?1 ranges, each
-- [queue, tenant, rank, first due_at, first id, last due_at, last id]; ?2 kinds as in `claim.sql`;
-- ?3 worker; ?4 now; ?5 until when. In the same transaction the same ranges and kinds hold the same rows.
INSERT INTO longshore_leases (id, queue, tenant, rank, due_at, kind, attempt, last_attempt, crashes, seq,
       waiting, flags, worker_id, started_at, lease_until)
SELECT q.id, q.queue, q.tenant, q.rank, q.due_at, q.kind, q.attempt + 1, q.last_attempt, q.crashes, q.seq,
       q.waiting, q.flags, ?3, ?4, ?5
  FROM json_each(?1) AS r
 CROSS JOIN longshore_queue AS q
         ON q.queue = r.value ->> 0 AND q.tenant = r.value ->> 1 AND q.rank = r.value ->> 2
        AND (q.due_at, q.id) >= (r.value ->> 3, unhex(r.value ->> 4))
        AND (q.due_at, q.id) <= (r.value ->> 5, unhex(r.value ->> 6))
 WHERE instr(?2, char(10) || q.kind || char(10));
