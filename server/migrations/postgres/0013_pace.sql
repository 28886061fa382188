-- What is asked in every transaction, or page by page, without going through what was not asked for.

CREATE INDEX caseload_desk ON caseload (kind, dept);
DROP INDEX document_kind;
CREATE INDEX document_of_kind ON document (caseload, kind, entity);
