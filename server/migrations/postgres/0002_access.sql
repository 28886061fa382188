-- Who may what: people, what they are in which caseload, their devices and sessions. Secrets are here as hashes only.

CREATE TABLE person (
    id BYTEA NOT NULL PRIMARY KEY,
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,            -- what they are where nothing else is said
    password TEXT,                 -- argon2id, PHC notation; without one there is no login at a console
    created_at BIGINT NOT NULL,
    disabled_at BIGINT
);
CREATE UNIQUE INDEX person_login ON person (login);

-- Membership counts its versions up, also when somebody comes back: an older one is ignored.
CREATE TABLE membership (
    caseload BYTEA NOT NULL REFERENCES caseload (id),
    person BYTEA NOT NULL REFERENCES person (id),
    role TEXT NOT NULL,
    version BIGINT NOT NULL,
    entered_at BIGINT NOT NULL,
    left_at BIGINT,
    PRIMARY KEY (caseload, person)
);
CREATE INDEX membership_person ON membership (person, caseload);

CREATE TABLE enrolment (
    code BYTEA NOT NULL PRIMARY KEY, -- SHA-256 of the code
    person BYTEA NOT NULL REFERENCES person (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    device BYTEA                     -- that used it
);

CREATE TABLE device (
    id BYTEA NOT NULL PRIMARY KEY,
    person BYTEA NOT NULL REFERENCES person (id),
    name TEXT NOT NULL,
    public_key BYTEA NOT NULL,       -- Ed25519
    install BYTEA NOT NULL,          -- this installation of the app; a copied phone has another
    enrolled_at BIGINT NOT NULL,
    seen_at BIGINT,
    superseded_at BIGINT,           -- last time an old refresh secret was tried
    suspended_at BIGINT,            -- the key was used from a second installation
    second_install BYTEA,
    revoked_at BIGINT,
    revoked_by TEXT,
    lost_since BIGINT
);
CREATE UNIQUE INDEX device_key ON device (public_key);
CREATE INDEX device_person ON device (person);

CREATE TABLE session (
    id BYTEA NOT NULL PRIMARY KEY,
    person BYTEA NOT NULL REFERENCES person (id),
    started_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT
);

-- Refresh secrets of devices and sessions. Each belongs to a generation; see auth/refresh.rs.
CREATE TABLE refresh_secret (
    holder BYTEA NOT NULL,
    hash BYTEA NOT NULL,             -- SHA-256 of the secret
    generation BIGINT NOT NULL,
    issued_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (holder, hash)
);
