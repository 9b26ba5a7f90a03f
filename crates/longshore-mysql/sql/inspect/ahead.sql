-- How many due jobs of the queue are claimed before this one; nobody counts further than 10,000.
SELECT COUNT(*) AS ahead
FROM (
    SELECT 1
    FROM longshore_queue o
    WHERE o.queue = ? AND o.due_at <= UTC_TIMESTAMP(6)
      AND (o.`rank` < ? OR (o.`rank` = ? AND o.tenant = ? AND (o.due_at < ? OR (o.due_at = ? AND o.id < ?))))
    LIMIT 10000
) AS others
