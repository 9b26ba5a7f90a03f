-- Removes a worker: ?1 its id.
DELETE FROM longshore_workers WHERE id = ?1;
