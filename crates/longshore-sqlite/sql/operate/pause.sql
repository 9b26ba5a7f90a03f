-- Pauses a queue: ?1 its name, ?2 now.
INSERT INTO longshore_queues (queue, paused_since)
VALUES (?1, ?2)
    ON CONFLICT (queue) DO UPDATE SET paused_since = excluded.paused_since WHERE paused_since IS NULL;
