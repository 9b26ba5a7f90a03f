-- Deletes dead letters: ?1 ids.
DELETE FROM longshore_dead WHERE id IN (SELECT unhex(value) FROM json_each(?1));
