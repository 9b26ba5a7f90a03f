SELECT j.id, j.max_attempts, j.backoff
FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS n
STRAIGHT_JOIN longshore_jobs j FORCE INDEX (PRIMARY) ON j.id = UNHEX(n.id)
