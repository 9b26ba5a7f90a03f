INSERT INTO longshore.queues AS q (queue, paused_since)
VALUES ($1::text, statement_timestamp())
ON CONFLICT (queue) DO UPDATE SET paused_since = excluded.paused_since WHERE q.paused_since IS NULL
RETURNING queue
