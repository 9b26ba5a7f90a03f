-- Waits for those who share it, and keeps others away until the transaction ends.
SELECT id FROM longshore_guard FOR UPDATE
