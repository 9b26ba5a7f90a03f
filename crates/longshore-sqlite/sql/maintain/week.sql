-- Jobs with ids from ?1 to before ?2, and how many of them have a place.
SELECT (SELECT count(*) FROM longshore_jobs WHERE id >= ?1 AND id < ?2) AS jobs,
       (SELECT count(*) FROM longshore_queue WHERE id >= ?1 AND id < ?2)
       + (SELECT count(*) FROM longshore_leases WHERE id >= ?1 AND id < ?2)
       + (SELECT count(*) FROM longshore_dead WHERE id >= ?1 AND id < ?2) AS placed;
