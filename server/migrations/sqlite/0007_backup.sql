-- How far the last backup holds each log: phones keep what is behind it.
CREATE TABLE backup (
    caseload BLOB NOT NULL PRIMARY KEY REFERENCES caseload (id),
    seq BIGINT NOT NULL,           -- the last entry that it holds
    at BIGINT NOT NULL             -- of which moment it is
);

-- The first number of a device that is behind it.
CREATE INDEX submission_behind ON submission (caseload, device, seq);
