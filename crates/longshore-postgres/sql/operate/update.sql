-- $2 the payload, NULL for the one it has; $3 the labels.
UPDATE longshore.jobs SET payload = coalesce($2::text, payload), labels = $3::text WHERE id = $1::uuid
