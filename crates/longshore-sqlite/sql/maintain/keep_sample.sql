-- Keeps counts: ?1 as `count.sql` made them, ?2 when.
INSERT INTO longshore_samples (queue, available, scheduled, retryable, running, dead, oldest_due_at, sampled_at)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, ?2
  FROM json_each(?1)
 WHERE true
    ON CONFLICT (queue) DO UPDATE
   SET available = excluded.available, scheduled = excluded.scheduled, retryable = excluded.retryable,
       running = excluded.running, dead = excluded.dead, oldest_due_at = excluded.oldest_due_at,
       sampled_at = excluded.sampled_at;
