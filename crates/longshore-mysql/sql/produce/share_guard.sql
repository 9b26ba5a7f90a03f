-- For jobs with ids of earlier weeks: no such week is dropped until the transaction ends.
SELECT id FROM longshore_guard LOCK IN SHARE MODE
