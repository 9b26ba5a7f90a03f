SELECT EXISTS (
    SELECT FROM longshore.samples
    WHERE sampled_at > statement_timestamp() - $1::int8 * interval '1 microsecond'
) AS recent
