-- How long the oldest transaction is open; only who may see all processes is told.
SELECT COALESCE(MAX(TIMESTAMPDIFF(SECOND, trx_started, NOW())), 0) AS seconds
FROM information_schema.innodb_trx
