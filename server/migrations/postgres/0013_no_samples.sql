-- A planner that samples a table keeps what it found in a catalogue of its own, where no erasure looks for it: keys must
-- not be sampled. SQLite samples indexed columns only, and no key is in an index.
-- PostgreSQL alone:
ALTER TABLE entity_key ALTER COLUMN wrapped SET STATISTICS 0;
