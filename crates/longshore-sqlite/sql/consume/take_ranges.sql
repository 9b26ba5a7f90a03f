
-- Takes what was leased from several ranges out of the queue: parameters as in `lease.sql`.
WITH r (queue, tenant, rank, first_due, first_id, last_due, last_id) AS MATERIALIZED (
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, unhex(value ->> 4), value ->> 5, unhex(value ->> 6)
      FROM json_each(?1)
)
DELETE FROM longshore_queue
 WHERE (queue, tenant, rank, due_at, id) IN (
           SELECT q.queue, q.tenant, q.rank, q.due_at, q.id
             FROM r
            CROSS JOIN longshore_queue AS q
                    ON q.queue = r.queue AND q.tenant = r.tenant AND q.rank = r.rank
                   AND (q.due_at, q.id) >= (r.first_due, r.first_id)
                   AND (q.due_at, q.id) <= (r.last_due, r.last_id)
            WHERE instr(?2, char(10) || q.kind || char(10)));
