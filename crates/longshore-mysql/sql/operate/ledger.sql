INSERT INTO longshore_attempts (job_id, seq, attempt, state_before, state_after, reason, at, due_at)
SELECT UNHEX(n.id), n.seq, n.attempt, n.state_before, n.state_after, n.reason, ?, n.due_at
FROM JSON_TABLE(?, '$[*]' COLUMNS (
    id           CHAR(32) PATH '$[0]',
    seq          INT PATH '$[1]',
    attempt      INT PATH '$[2]',
    state_before TINYINT PATH '$[3]',
    state_after  TINYINT PATH '$[4]',
    reason       TINYINT PATH '$[5]',
    due_at       DATETIME(6) PATH '$[6]'
)) AS n
