-- Those of them that are still there and expired, locked; what somebody else has in hand is his.
SELECT l.id, l.queue, l.tenant, l.`rank`, l.kind, l.attempt, l.last_attempt, l.crashes, l.seq, l.waiting, l.cancel_requested
FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS n
STRAIGHT_JOIN longshore_leases l FORCE INDEX (PRIMARY) ON l.id = UNHEX(n.id)
WHERE l.lease_until < ?
FOR UPDATE /*!80001 OF l */ SKIP LOCKED
