-- When the next job of these lanes and kinds is due: the first one of each lane, from the claim order.
SELECT min(first.due_at) AS due_at
FROM unnest($1::text[], $2::text[], $3::int2[]) AS c (queue, tenant, rank)
CROSS JOIN LATERAL (
    SELECT q.due_at
    FROM longshore.queue q
    WHERE q.queue = c.queue AND q.tenant = c.tenant AND q.rank = c.rank AND q.kind = ANY ($4::text[])
    ORDER BY q.due_at, q.id
    LIMIT 1
) AS first
