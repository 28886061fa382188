-- What was erased on somebody's request: its keys are gone for good. Said by an entry of the log, which this follows.
CREATE TABLE erased (
    caseload BLOB NOT NULL REFERENCES caseload (id),
    entity BLOB NOT NULL,
    seq BIGINT NOT NULL,           -- the entry that says so
    PRIMARY KEY (caseload, entity)
);
CREATE INDEX erased_seq ON erased (caseload, seq);
