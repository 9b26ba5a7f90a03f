-- Tables of ours that are stored by anything but InnoDB.
SELECT table_name AS name
FROM information_schema.tables
WHERE table_schema = ? AND table_name LIKE ? AND table_type = 'BASE TABLE' AND engine <> 'InnoDB'
