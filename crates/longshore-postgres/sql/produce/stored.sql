-- Which of these jobs exist already.
SELECT n.id
FROM unnest($1::uuid[]) AS n (id)
WHERE EXISTS (SELECT FROM longshore.jobs j WHERE j.id = n.id)
