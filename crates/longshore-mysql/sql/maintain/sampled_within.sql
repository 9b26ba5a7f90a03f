SELECT EXISTS (
    SELECT 1 FROM longshore_samples WHERE sampled_at > UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND
) AS recent
