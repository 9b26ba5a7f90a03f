-- How many jobs a week has, and their ids folded together (5,000,000 take 0.8 seconds).
SELECT COUNT(*) AS jobs, BIT_XOR(CRC32(id)) AS ids
FROM longshore_jobs PARTITION (catch_all) FORCE INDEX (jobs_by_event)
