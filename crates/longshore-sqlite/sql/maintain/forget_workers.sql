-- Forgets workers that were silent for long: ?1 since when.
DELETE FROM longshore_workers WHERE seen_at < ?1;
