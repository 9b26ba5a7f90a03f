SHOW VARIABLES WHERE Variable_name IN (
    'version', 'version_comment', 'innodb_flush_log_at_trx_commit', 'innodb_doublewrite', 'log_bin', 'sync_binlog',
    'binlog_format', 'max_allowed_packet', 'read_only', 'super_read_only', 'wsrep_on', 'tx_isolation',
    'transaction_isolation', 'time_zone', 'sql_mode', 'character_set_client'
)
