INSERT INTO longshore_results (job_id, result)
SELECT UNHEX(n.id), n.result
FROM JSON_TABLE(?, '$[*]' COLUMNS (
    id     CHAR(32) PATH '$[0]',
    result LONGTEXT CHARACTER SET utf8mb4 PATH '$[1]'
)) AS n
