DELETE r
FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS n
STRAIGHT_JOIN longshore_results r FORCE INDEX (PRIMARY) ON r.job_id = UNHEX(n.id)
