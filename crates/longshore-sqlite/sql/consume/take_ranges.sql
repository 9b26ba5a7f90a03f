
-- Takes what was leased from several ranges out of the queue: parameters as in `lease.sql`.
DELETE FROM longshore_queue
 WHERE (queue, tenant, rank, due_at, id) IN (
           SELECT q.queue, q.tenant, q.rank, q.due_at, q.id
             FROM json_each(?1) AS r
            CROSS JOIN longshore_queue AS q
                    ON q.queue = r.value ->> 0 AND q.tenant = r.value ->> 1 AND q.rank = r.value ->> 2
                   AND (q.due_at, q.id) >= (r.value ->> 3, unhex(r.value ->> 4))
                   AND (q.due_at, q.id) <= (r.value ->> 5, unhex(r.value ->> 6))
            WHERE instr(?2, char(10) || q.kind || char(10)));
