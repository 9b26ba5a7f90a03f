UPDATE longshore.queues
SET paused_since = NULL
WHERE queue = $1::text AND paused_since IS NOT NULL
RETURNING queue
