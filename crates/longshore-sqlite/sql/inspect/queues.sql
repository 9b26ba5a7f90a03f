-- All queues that ever had a job or are paused, with their last sample.
WITH known AS (SELECT queue FROM longshore_lanes UNION SELECT queue FROM longshore_queues)
SELECT k.queue, p.paused_since, s.available, s.scheduled, s.retryable, s.running, s.dead, s.oldest_due_at,
       s.sampled_at
  FROM known AS k
  LEFT JOIN longshore_queues AS p ON p.queue = k.queue
  LEFT JOIN longshore_samples AS s ON s.queue = k.queue
 ORDER BY k.queue;
