-- A list is one look: how many files it showed. And who looked at one file is asked for by its subject.
ALTER TABLE read_log ADD COLUMN shown BIGINT;
CREATE INDEX read_log_subject ON read_log (caseload, subject, n);
