-- The fence is the match of (id, attempt): what is not returned is stale. What is returned is locked,
-- in the order of the ids, so that nobody waits in a circle.
SELECT l.id, l.attempt, l.flags, l.cancel_requested
FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(32) PATH '$[0]', attempt INT PATH '$[1]')) AS n
STRAIGHT_JOIN longshore_leases l FORCE INDEX (PRIMARY) ON l.id = UNHEX(n.id) AND l.attempt = n.attempt
FOR UPDATE /*!80001 OF l */
