-- What a claim leaves out of large jobs: ?1 their ids.
SELECT id, payload,
       json_array(context, labels, backoff, timeout_ms, hex(event_id), hex(batch_id), line,
                  iif(completes_siblings, correlation_id, NULL)) AS rest
  FROM longshore_jobs
 WHERE id IN (SELECT unhex(value) FROM json_each(?1))
