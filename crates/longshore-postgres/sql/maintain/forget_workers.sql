DELETE FROM longshore.workers WHERE seen_at < statement_timestamp() - interval '1 hour'
