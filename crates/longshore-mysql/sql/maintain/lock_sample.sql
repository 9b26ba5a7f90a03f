-- The right to count: a row that exists once. Whoever does not get it leaves the counting to the one who has it.
SELECT m.version
FROM longshore_migrations m
WHERE m.version = 1
FOR UPDATE SKIP LOCKED
