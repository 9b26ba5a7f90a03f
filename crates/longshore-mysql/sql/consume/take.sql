-- The last condition is always true. It keeps MariaDB from walking along the whole index, and locking it, where
-- that looks cheaper than a long list: of columns that are in the index it would.
DELETE q
FROM longshore_queue q FORCE INDEX (queue_by_id)
WHERE q.id IN (?) AND q.attempt >= 0
