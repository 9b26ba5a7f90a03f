-- A sign of life: ?1 worker, ?2 its facts, ?3 now.
INSERT INTO longshore_workers (id, facts, started_at, seen_at)
VALUES (?1, ?2, ?3, ?3)
    ON CONFLICT (id) DO UPDATE SET facts = excluded.facts, seen_at = excluded.seen_at;
