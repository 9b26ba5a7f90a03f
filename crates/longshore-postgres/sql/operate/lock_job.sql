-- Who updates a job locks its row first; release and cancel of a held one, which has no other, do the same.
SELECT labels FROM longshore.jobs WHERE id = $1::uuid FOR NO KEY UPDATE
