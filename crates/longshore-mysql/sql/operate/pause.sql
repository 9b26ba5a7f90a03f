UPDATE longshore_queues SET paused_since = ? WHERE queue = ? AND paused_since IS NULL
