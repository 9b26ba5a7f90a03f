DELETE a
FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS n
STRAIGHT_JOIN longshore_attempts a FORCE INDEX (PRIMARY) ON a.job_id = UNHEX(n.id)
