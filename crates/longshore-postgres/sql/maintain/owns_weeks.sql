-- Whether we may make and drop weeks: that is the right of the tables' owner.
SELECT pg_has_role(relowner, 'USAGE') AS ours FROM pg_class WHERE oid = to_regclass('longshore.jobs')
