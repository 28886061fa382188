-- Caseloads and all that is derived from their logs. Every key begins with the caseload.
-- Column types are those of the portable dialect: BIGINT (numbers, milliseconds, yes/no), TEXT, BYTEA (ids, digests,
-- sealed content). Payloads are sealed; columns in the clear hold ids, kinds, states and times only.

CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL
);

-- Every policy version that was ever in force: entries name the one that they were taken in under.
CREATE TABLE policy (
    version BIGINT NOT NULL PRIMARY KEY,
    digest BYTEA NOT NULL,
    files BYTEA NOT NULL,
    activated_at BIGINT NOT NULL
);

CREATE TABLE caseload (
    id BYTEA NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,            -- field | desk
    dept TEXT,                     -- of a desk
    name TEXT NOT NULL,
    programme TEXT NOT NULL,
    community TEXT NOT NULL,
    owner TEXT NOT NULL,           -- the street
    operator TEXT NOT NULL,        -- the organisation that works on it for a term
    term_from BIGINT NOT NULL,
    term_to BIGINT NOT NULL,
    prefix TEXT NOT NULL,          -- of human numbers: HGS
    seq BIGINT NOT NULL,           -- of the last entry
    epoch BIGINT NOT NULL,         -- of this history: a restored server starts a new one
    chain BYTEA NOT NULL,           -- hash chain over the entries
    sanity BYTEA NOT NULL,          -- additive hash of the entries
    created_at BIGINT NOT NULL
);

-- The log: all inputs in server order. Everything below this table can be derived from it again.
CREATE TABLE log (
    caseload BYTEA NOT NULL REFERENCES caseload (id),
    seq BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    kind TEXT NOT NULL,            -- submission | decision | policy | membership | timer
    chain BYTEA NOT NULL,
    header BYTEA NOT NULL,          -- the entry without what anybody said in it
    PRIMARY KEY (caseload, seq)
);

CREATE TABLE log_part (
    caseload BYTEA NOT NULL,
    seq BIGINT NOT NULL,
    part BIGINT NOT NULL,
    kind TEXT NOT NULL,            -- event | edit | reason (of a decision)
    subject BYTEA NOT NULL,         -- whose key seals it
    sealed BYTEA NOT NULL,
    PRIMARY KEY (caseload, seq, part),
    FOREIGN KEY (caseload, seq) REFERENCES log (caseload, seq)
);

-- What each device said under which number: for duplicates, acknowledgements, receipts and held work.
CREATE TABLE submission (
    caseload BYTEA NOT NULL,
    device BYTEA NOT NULL,
    number BIGINT NOT NULL,
    id BYTEA NOT NULL,
    digest BYTEA NOT NULL,
    seq BIGINT NOT NULL,
    verdict TEXT NOT NULL,         -- merged | held | rejected | void
    code TEXT,                     -- why held
    decided_seq BIGINT,
    PRIMARY KEY (caseload, device, number)
);
CREATE UNIQUE INDEX submission_id ON submission (caseload, id);
CREATE INDEX submission_held ON submission (caseload, verdict, seq);

CREATE TABLE entity_key (
    caseload BYTEA NOT NULL,
    entity BYTEA NOT NULL,
    wrapped BYTEA NOT NULL,
    PRIMARY KEY (caseload, entity)
);

CREATE TABLE document (
    caseload BYTEA NOT NULL,
    entity BYTEA NOT NULL,
    kind TEXT NOT NULL,
    root BYTEA NOT NULL,            -- the file that it belongs to
    version BIGINT NOT NULL,
    changed_seq BIGINT NOT NULL,
    state_round BIGINT,
    state_rank BIGINT,
    due_at BIGINT,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (caseload, entity)
);
CREATE INDEX document_root ON document (caseload, root);
CREATE INDEX document_kind ON document (caseload, kind, changed_seq);
CREATE INDEX document_due ON document (caseload, due_at) WHERE due_at IS NOT NULL;

-- The merged state for queries: one row for each document.
CREATE TABLE projection (
    caseload BYTEA NOT NULL,
    entity BYTEA NOT NULL,
    conflicts BIGINT NOT NULL,     -- how many fields wait for a person
    sealed BYTEA NOT NULL,
    PRIMARY KEY (caseload, entity),
    FOREIGN KEY (caseload, entity) REFERENCES document (caseload, entity)
);
CREATE INDEX projection_conflicts ON projection (caseload, entity) WHERE conflicts > 0;

CREATE TABLE event (
    caseload BYTEA NOT NULL,
    event BYTEA NOT NULL,
    kind TEXT NOT NULL,
    subject BYTEA NOT NULL,
    root BYTEA NOT NULL,
    seq BIGINT NOT NULL,           -- the entry that folded it
    part BIGINT NOT NULL,
    observed_at BIGINT NOT NULL,
    PRIMARY KEY (caseload, event)
);
CREATE INDEX event_root ON event (caseload, root, seq, part);

-- Which files are the same thing: grows only; a link is undone, never deleted.
CREATE TABLE link (
    caseload BYTEA NOT NULL,
    a BYTEA NOT NULL,
    b BYTEA NOT NULL,
    seq BIGINT NOT NULL,
    undone BIGINT NOT NULL,
    PRIMARY KEY (caseload, a, b)
);
CREATE INDEX link_b ON link (caseload, b);

CREATE TABLE flag (
    caseload BYTEA NOT NULL,
    flag BYTEA NOT NULL,
    rule TEXT NOT NULL,
    subject BYTEA NOT NULL,
    root BYTEA NOT NULL,
    window_hash BYTEA NOT NULL,     -- keyed hash of its window, to find the flags about a pair from either side
    standing TEXT NOT NULL,        -- raised | ended | withdrawn
    raised_at BIGINT NOT NULL,
    raised_seq BIGINT NOT NULL,
    changed_seq BIGINT NOT NULL,
    sealed BYTEA NOT NULL,          -- the flag with its explanation and evidence
    PRIMARY KEY (caseload, flag)
);
CREATE INDEX flag_root ON flag (caseload, root);
CREATE INDEX flag_window ON flag (caseload, window_hash);

-- Where each slip went: desk caseload and referral, both ways.
CREATE TABLE slip (
    desk BYTEA NOT NULL,
    slip BYTEA NOT NULL,
    caseload BYTEA NOT NULL,
    referral BYTEA NOT NULL,
    round BIGINT NOT NULL,
    PRIMARY KEY (desk, slip)
);
CREATE INDEX slip_referral ON slip (caseload, referral, round);

-- Exact keys by which files may be alike (unit, uscc, phone and name), as keyed hashes.
CREATE TABLE lookup (
    caseload BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    root BYTEA NOT NULL,
    PRIMARY KEY (caseload, hash, root)
);
CREATE INDEX lookup_root ON lookup (caseload, root);

-- Names for search, as keyed hashes of pairs of characters.
CREATE TABLE gram (
    caseload BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    root BYTEA NOT NULL,
    PRIMARY KEY (caseload, hash, root)
);
CREATE INDEX gram_root ON gram (caseload, root);

CREATE TABLE counter (
    caseload BYTEA NOT NULL,
    name TEXT NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (caseload, name)
);

CREATE TABLE alarm (
    caseload BYTEA NOT NULL,
    n BIGINT NOT NULL,
    at BIGINT NOT NULL,
    code TEXT NOT NULL,
    rule TEXT,
    acknowledged_by BYTEA,
    acknowledged_at BIGINT,
    same BYTEA NOT NULL,            -- keyed hash of what it says: an alarm that is still open is not set off again
    detail BYTEA NOT NULL,          -- sealed under the caseload's own key
    PRIMARY KEY (caseload, n)
);
CREATE INDEX alarm_same ON alarm (caseload, same);

-- Who read what. A chain of its own in each caseload.
CREATE TABLE read_log (
    caseload BYTEA NOT NULL,
    n BIGINT NOT NULL,
    at BIGINT NOT NULL,
    person BYTEA NOT NULL,
    device BYTEA,
    subject BYTEA,
    what TEXT NOT NULL,
    found BIGINT NOT NULL,         -- 0: asked for, and answered as if it were not there
    chain BYTEA NOT NULL,
    PRIMARY KEY (caseload, n)
);
