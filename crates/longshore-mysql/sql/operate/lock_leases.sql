SELECT l.id
FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS n
STRAIGHT_JOIN longshore_leases l FORCE INDEX (PRIMARY) ON l.id = UNHEX(n.id)
FOR UPDATE /*!80001 OF l */
