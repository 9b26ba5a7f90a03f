DELETE u
FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS n
STRAIGHT_JOIN longshore_uniques u FORCE INDEX (uniques_by_job) ON u.job_id = UNHEX(n.id) AND u.scope = 0
