DELETE FROM longshore_workers WHERE id = ?
