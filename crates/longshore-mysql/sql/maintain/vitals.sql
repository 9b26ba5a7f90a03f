-- MariaDB knows the first, MySQL the second: the place in the redo log up to which it is written.
SHOW GLOBAL STATUS WHERE Variable_name IN ('Innodb_lsn_current', 'Innodb_redo_log_current_lsn')
