-- When the next job is due: ?1 lanes, each [queue, tenant, rank]; ?2 kinds as in `claim.sql`. The first one
-- of each lane, from the claim order.
SELECT min((SELECT q.due_at
              FROM longshore_queue AS q
             WHERE q.queue = x.value ->> 0 AND q.tenant = x.value ->> 1 AND q.rank = x.value ->> 2
               AND instr(?2, char(10) || q.kind || char(10))
             ORDER BY q.due_at, q.id
             LIMIT 1)) AS due_at
  FROM json_each(?1) AS x;
