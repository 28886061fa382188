-- What work in the field needs beside access: letters for provisional numbers.

-- Which letter a device prints before the provisional numbers of its notices: 1 = A, 27 = AA. Never given twice in one
-- caseload, also not after a device is gone: its paper is still on the doors.
CREATE TABLE letter (
    caseload BYTEA NOT NULL REFERENCES caseload (id),
    device BYTEA NOT NULL REFERENCES device (id),
    n BIGINT NOT NULL,
    PRIMARY KEY (caseload, device)
);
CREATE UNIQUE INDEX letter_n ON letter (caseload, n);
