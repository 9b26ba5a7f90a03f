SELECT * FROM (
    SELECT {n} AS cursor, id, due_at, kind, attempt, last_attempt, crashes, seq, waiting
      FROM longshore_queue
     WHERE queue = ?1 ->> '$[{n}][0]' AND tenant = ?1 ->> '$[{n}][1]' AND rank = ?1 ->> '$[{n}][2]'
       AND (due_at, id) > (?1 ->> '$[{n}][3]', unhex(?1 ->> '$[{n}][4]')) AND due_at <= ?3
       AND instr(?2, char(10) || kind || char(10))
     ORDER BY due_at, id
     LIMIT ?1 ->> '$[{n}][5]')
