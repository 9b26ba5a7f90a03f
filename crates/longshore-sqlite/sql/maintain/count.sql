-- Counts every queue that ever had a job: ?1 now.
WITH waiting AS (
    SELECT queue,
           count(*) FILTER (WHERE due_at <= ?1) AS available,
           count(*) FILTER (WHERE due_at > ?1 AND waiting <> 4) AS scheduled,
           count(*) FILTER (WHERE due_at > ?1 AND waiting = 4) AS retryable,
           min(due_at) FILTER (WHERE due_at <= ?1) AS oldest_due_at
      FROM longshore_queue
     GROUP BY queue
),
running AS (SELECT queue, count(*) AS jobs FROM longshore_leases GROUP BY queue),
dead AS (SELECT queue, count(*) AS jobs FROM longshore_dead GROUP BY queue),
known AS (SELECT DISTINCT queue FROM longshore_lanes)
SELECT json_group_array(json_array(k.queue, coalesce(w.available, 0), coalesce(w.scheduled, 0),
                                   coalesce(w.retryable, 0), coalesce(r.jobs, 0), coalesce(d.jobs, 0),
                                   w.oldest_due_at)) AS counts
  FROM known AS k
  LEFT JOIN waiting AS w ON w.queue = k.queue
  LEFT JOIN running AS r ON r.queue = k.queue
  LEFT JOIN dead AS d ON d.queue = k.queue;
