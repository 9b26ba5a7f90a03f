-- Asks that running jobs be called off: ?1 ids.
UPDATE longshore_leases SET cancel_requested = 1 WHERE id IN (SELECT unhex(value) FROM json_each(?1));
