-- The jobs of a range of ids that wait, run or are dead letters, but for those known already.
SELECT id
FROM (
    SELECT id FROM longshore.queue WHERE id >= $1::uuid AND id < $2::uuid
    UNION ALL
    SELECT id FROM longshore.leases WHERE id >= $1::uuid AND id < $2::uuid
    UNION ALL
    SELECT id FROM longshore.dead WHERE id >= $1::uuid AND id < $2::uuid
) AS placed
WHERE NOT (id = ANY ($3::uuid[]))
LIMIT $4::int8
