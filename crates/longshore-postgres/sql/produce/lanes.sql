-- Committed on its own before the jobs, so that two open transactions never wait for one new lane.
INSERT INTO longshore.lanes (queue, tenant, rank)
SELECT n.queue, n.tenant, n.rank
FROM unnest($1::text[], $2::text[], $3::int2[]) AS n (queue, tenant, rank)
ORDER BY n.queue, n.tenant, n.rank
ON CONFLICT DO NOTHING
