-- The lanes of queues: ?1 their names.
SELECT queue, tenant, rank
  FROM longshore_lanes
 WHERE queue IN (SELECT value FROM json_each(?1))
 ORDER BY queue, tenant, rank;
