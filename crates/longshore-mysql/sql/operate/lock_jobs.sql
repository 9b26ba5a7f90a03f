-- Two operators never move one job at once. Nobody else locks these rows.
SELECT j.id
FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS n
STRAIGHT_JOIN longshore_jobs j FORCE INDEX (PRIMARY) ON j.id = UNHEX(n.id)
FOR UPDATE /*!80001 OF j */
