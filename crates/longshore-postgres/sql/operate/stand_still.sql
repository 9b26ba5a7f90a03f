-- A job that still waits, or is a dead letter, where it was seen ($2 its ledger row). A waiting one gets a
-- new row in the queue: a claim that began before this update must not find the job, for it would see the
-- payload of then.
WITH waited AS (
    DELETE FROM longshore.queue WHERE id = $1::uuid AND seq = $2::int4 RETURNING *
), waits AS (
    INSERT INTO longshore.queue SELECT * FROM waited RETURNING id
), dead AS (
    SELECT id FROM longshore.dead WHERE id = $1 AND seq = $2 FOR NO KEY UPDATE
)
SELECT id FROM waits UNION ALL SELECT id FROM dead
