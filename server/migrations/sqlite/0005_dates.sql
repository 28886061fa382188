-- What happens at a date: who enters and leaves a caseload, and which organisation works on it in which term. A job does
-- it when its time has come; what came of it is in the log.

CREATE TABLE planned (
    caseload BLOB NOT NULL REFERENCES caseload (id),
    person BLOB NOT NULL REFERENCES person (id),
    at BIGINT NOT NULL,
    enters BIGINT NOT NULL,        -- 1: enters, 0: leaves
    role TEXT NOT NULL,            -- as what they enter
    why TEXT NOT NULL,             -- cover | handover | term
    other BLOB,                    -- whom they cover, or with whom they change places
    until BIGINT,                  -- of who enters to cover: when they leave again
    done_at BIGINT,
    PRIMARY KEY (caseload, person, at, enters)
);

-- Terms to come, and those that have begun; the one that is on is in the caseload's own row.
CREATE TABLE term (
    caseload BLOB NOT NULL REFERENCES caseload (id),
    begins_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    operator TEXT NOT NULL,
    begun_at BIGINT,
    PRIMARY KEY (caseload, begins_at)
);
