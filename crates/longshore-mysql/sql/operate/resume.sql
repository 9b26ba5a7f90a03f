UPDATE longshore_queues SET paused_since = NULL WHERE queue = ? AND paused_since IS NOT NULL
