-- Makes sure of a row to pause.
INSERT INTO longshore_queues (queue) VALUES (?)
ON DUPLICATE KEY UPDATE queue = longshore_queues.queue
