-- Whoever does not wait for the database is faster than it.
SELECT pg_sleep(5);
