DELETE FROM longshore.dead
WHERE id = ANY ($1::uuid[])
RETURNING id
