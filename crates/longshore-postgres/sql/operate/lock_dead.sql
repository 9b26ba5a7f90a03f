SELECT d.id
FROM longshore.dead d
WHERE d.id = ANY ($1::uuid[])
ORDER BY d.id
FOR UPDATE
