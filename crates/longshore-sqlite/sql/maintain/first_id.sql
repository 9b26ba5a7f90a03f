-- The first job with an id from ?1 on.
SELECT id FROM longshore_jobs WHERE id >= ?1 ORDER BY id LIMIT 1;
