-- As `lock_jobs` does, for one, with the labels that it has.
SELECT labels FROM longshore_jobs WHERE id = ? FOR UPDATE
