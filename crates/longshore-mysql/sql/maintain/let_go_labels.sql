DELETE l
FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS n
STRAIGHT_JOIN longshore_labels l FORCE INDEX (PRIMARY) ON l.job_id = UNHEX(n.id)
