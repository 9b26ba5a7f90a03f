-- Which queues are paused: ?1 their names.
SELECT queue
  FROM longshore_queues
 WHERE queue IN (SELECT value FROM json_each(?1)) AND paused_since IS NOT NULL;
