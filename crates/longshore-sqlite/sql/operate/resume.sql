-- Lets a queue go on: ?1 its name.
UPDATE longshore_queues SET paused_since = NULL WHERE queue = ?1 AND paused_since IS NOT NULL;
