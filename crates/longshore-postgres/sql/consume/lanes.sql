-- The lanes of these queues; a row without tenant is a paused queue.
SELECT l.queue, l.tenant, l.rank
FROM longshore.lanes l
WHERE l.queue = ANY ($1::text[])
UNION ALL
SELECT p.queue, NULL, NULL
FROM longshore.queues p
WHERE p.queue = ANY ($1::text[]) AND p.paused_since IS NOT NULL
