
-- Takes what was leased from one range out of the queue: parameters as in `lease.sql`. Without a
-- sub-select SQLite deletes as it walks.
DELETE FROM longshore_queue
 WHERE queue = ?1 ->> '$[0][0]' AND tenant = ?1 ->> '$[0][1]' AND rank = ?1 ->> '$[0][2]'
   AND (due_at, id) >= (?1 ->> '$[0][3]', unhex(?1 ->> '$[0][4]'))
   AND (due_at, id) <= (?1 ->> '$[0][5]', unhex(?1 ->> '$[0][6]'))
   AND instr(?2, char(10) || kind || char(10));
