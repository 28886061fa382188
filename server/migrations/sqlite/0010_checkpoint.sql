-- Checkpoints that were signed, so that every file of them can be given those that it lacks; old ones go.
CREATE TABLE checkpoint (
    n BIGINT NOT NULL PRIMARY KEY, -- counted from 1
    at BIGINT NOT NULL,
    digest BLOB NOT NULL,          -- SHA-256 of what was signed, which the next one names
    line TEXT NOT NULL             -- as it stands in a file
);
