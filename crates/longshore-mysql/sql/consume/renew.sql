UPDATE JSON_TABLE(?, '$[*]' COLUMNS (
    id       CHAR(32) PATH '$[0]',
    attempt  INT PATH '$[1]',
    progress LONGTEXT CHARACTER SET utf8mb4 PATH '$[2]'
)) AS n
STRAIGHT_JOIN longshore_leases l FORCE INDEX (PRIMARY) ON l.id = UNHEX(n.id) AND l.attempt = n.attempt
SET l.lease_until = ?, l.progress = COALESCE(n.progress, l.progress)
