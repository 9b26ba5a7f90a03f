-- Renews leases: ?1 leases, each [id, attempt, progress]; ?2 until when.
UPDATE longshore_leases AS l
   SET lease_until = ?2, progress = coalesce(x.value ->> 2, l.progress)
  FROM json_each(?1) AS x
 WHERE l.id = unhex(x.value ->> 0) AND l.attempt = x.value ->> 1
RETURNING id, attempt, cancel_requested;
