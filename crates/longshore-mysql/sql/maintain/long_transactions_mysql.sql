-- Our own transaction, and the oldest other one: who does not see its own sees nobody's.
-- (information_schema.innodb_trx brings the text of the statements, and MySQL refuses the whole question by
-- error 3854 while one of them has bytes in it that are no text, as ids are.)
SELECT CAST(e.timer_wait DIV 1000000000000 AS SIGNED) AS seconds, CAST(t.processlist_id AS SIGNED) AS connection,
       COALESCE(t.processlist_id = CONNECTION_ID(), 0) AS is_ours
FROM performance_schema.events_transactions_current e
STRAIGHT_JOIN performance_schema.threads t ON t.thread_id = e.thread_id
WHERE e.state = 'ACTIVE' AND e.timer_wait IS NOT NULL
ORDER BY is_ours DESC, e.timer_wait DESC
LIMIT 2
