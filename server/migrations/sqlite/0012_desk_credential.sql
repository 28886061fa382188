-- A department's own system comes to its desk with a credential of the desk, and acts for named people.

CREATE TABLE desk_credential (
    caseload BLOB NOT NULL REFERENCES caseload (id),
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    until_at BIGINT,               -- from when on it is none any more, if that is settled
    revoked_at BIGINT,
    PRIMARY KEY (caseload, id)
);

-- Its secrets, as hashes: one, and while it is rotated the one before.
CREATE TABLE desk_secret (
    caseload BLOB NOT NULL,
    credential BLOB NOT NULL,
    hash BLOB NOT NULL,
    issued_at BIGINT NOT NULL,
    until_at BIGINT,               -- from when on it is none any more
    used_at BIGINT,                -- lately, to some minutes
    PRIMARY KEY (caseload, credential, hash)
);

-- What was done by request of such a system, so that a request that comes again does nothing. Kept for good.
CREATE TABLE desk_request (
    caseload BLOB NOT NULL,
    credential BLOB NOT NULL,
    request BLOB NOT NULL,         -- hash of the key that the system gave it
    fingerprint BLOB NOT NULL,     -- hash of what was asked
    at BIGINT NOT NULL,
    PRIMARY KEY (caseload, credential, request)
);
