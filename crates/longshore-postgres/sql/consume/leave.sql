DELETE FROM longshore.workers WHERE id = $1::uuid
