DELETE FROM longshore.dead d
USING unnest($1::uuid[]) AS n (id)
WHERE d.id = n.id
RETURNING d.id
