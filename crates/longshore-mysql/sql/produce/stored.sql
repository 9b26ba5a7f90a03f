-- Which of these jobs exist already. No lock is taken: a gap that is locked at the end of the table
-- would hold up every enqueue.
SELECT j.id
FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS n
STRAIGHT_JOIN longshore_jobs j FORCE INDEX (PRIMARY) ON j.id = UNHEX(n.id)
