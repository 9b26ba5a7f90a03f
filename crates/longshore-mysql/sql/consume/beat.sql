INSERT INTO longshore_workers (id, started_at, seen_at, facts)
VALUES (?, ?, ?, ?)
ON DUPLICATE KEY UPDATE seen_at = VALUES(seen_at), facts = VALUES(facts)
