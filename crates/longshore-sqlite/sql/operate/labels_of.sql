-- The labels of the job ?1.
SELECT labels FROM longshore_jobs WHERE id = ?1;
