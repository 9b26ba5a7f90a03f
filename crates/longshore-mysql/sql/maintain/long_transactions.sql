-- The oldest transaction, as MariaDB tells it to whoever may see all processes. It began by the clock of the
-- server's machine, whatever the time zone of a session is.
SELECT TIMESTAMPDIFF(SECOND, CONVERT_TZ(trx_started, 'SYSTEM', '+00:00'), UTC_TIMESTAMP()) AS seconds,
       CAST(trx_mysql_thread_id AS SIGNED) AS connection, 0 AS is_ours
FROM information_schema.innodb_trx
ORDER BY trx_started
LIMIT 1
