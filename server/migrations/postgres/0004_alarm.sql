-- Alarms reach a person: who is on duty, whom an alarm has reached, where deliveries go and what is on its way.

ALTER TABLE alarm ADD COLUMN level BIGINT;      -- reached so far: 0 nobody | 1 first | 2 deputy | 3 purchaser
ALTER TABLE alarm ADD COLUMN next_at BIGINT;    -- when it passes on; none when it is acknowledged or with the last
ALTER TABLE alarm ADD COLUMN held BIGINT;       -- what set it off waits for a decision
ALTER TABLE alarm ADD COLUMN flag BYTEA;
ALTER TABLE alarm ADD COLUMN subject BYTEA;
UPDATE alarm SET level = 0, held = 0;
UPDATE alarm SET next_at = at WHERE acknowledged_at IS NULL;
CREATE INDEX alarm_next ON alarm (next_at) WHERE next_at IS NOT NULL;

-- Who is told first, as deputy, as purchaser, and for which time.
CREATE TABLE duty (
    caseload BYTEA NOT NULL REFERENCES caseload (id),
    level BIGINT NOT NULL,
    person BYTEA NOT NULL REFERENCES person (id),
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    PRIMARY KEY (caseload, level, person, from_at)
);

-- What became of each alarm. A chain of its own in each caseload.
CREATE TABLE alarm_log (
    caseload BYTEA NOT NULL,
    n BIGINT NOT NULL,
    at BIGINT NOT NULL,
    alarm BIGINT NOT NULL,
    what TEXT NOT NULL,            -- raised | told | nobody | acknowledged
    level BIGINT NOT NULL,
    person BYTEA,                   -- who was told, or who acknowledged
    note BYTEA,                     -- what was done, sealed under the caseload's own key
    chain BYTEA NOT NULL,
    PRIMARY KEY (caseload, n)
);
CREATE INDEX alarm_log_alarm ON alarm_log (caseload, alarm);

-- Where deliveries go: of a caseload to whoever is on duty, of a desk to its department.
CREATE TABLE webhook (
    caseload BYTEA NOT NULL REFERENCES caseload (id),
    id BYTEA NOT NULL,
    level BIGINT,                  -- whose duty it serves; none at a desk
    sealed BYTEA NOT NULL,          -- address and secret, under the caseload's own key
    added_at BIGINT NOT NULL,
    removed_at BIGINT,
    PRIMARY KEY (caseload, id)
);

-- The outbox of deliveries, written with what it tells of. The id is the one that receivers deduplicate by.
CREATE TABLE delivery (
    caseload BYTEA NOT NULL,
    id BYTEA NOT NULL,
    webhook BYTEA NOT NULL,
    kind TEXT NOT NULL,            -- alarm.raised | alarm.escalated | slip.dispatched …
    created_at BIGINT NOT NULL,
    state TEXT NOT NULL,           -- pending | delivered | dead
    attempts BIGINT NOT NULL,      -- since it was written, or replayed
    next_at BIGINT,                -- of the next attempt, while pending
    changed_at BIGINT NOT NULL,
    problem TEXT,                  -- why the last attempt failed
    sealed BYTEA NOT NULL,          -- what is sent
    PRIMARY KEY (caseload, id)
);
CREATE INDEX delivery_webhook ON delivery (caseload, webhook, next_at);
CREATE INDEX delivery_state ON delivery (caseload, state, created_at);
