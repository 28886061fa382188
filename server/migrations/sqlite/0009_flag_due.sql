-- By when the person whom a flag goes to acts: nothing where it goes to a department, or was raised before this was kept.
ALTER TABLE flag ADD COLUMN due_at BIGINT;
CREATE INDEX flag_due ON flag (caseload, standing, due_at);
