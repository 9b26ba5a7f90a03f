-- Which of these jobs exist already.
SELECT n.id
FROM unnest($1::uuid[]) AS n (id)
CROSS JOIN LATERAL (SELECT FROM longshore.jobs WHERE id = n.id LIMIT 1) AS j
