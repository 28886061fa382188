-- What is asked in every transaction, or page by page, without going through what was not asked for. Each index ends with
-- the column that its answers are ordered by: without it SQLite rather goes through the primary key of the caseload, in
-- order, and looks at everything that is stored there.

CREATE INDEX caseload_desk ON caseload (kind, dept);
DROP INDEX document_kind;
CREATE INDEX document_of_kind ON document (caseload, kind, entity);
DROP INDEX document_root;
CREATE INDEX document_of_root ON document (caseload, root, entity);
DROP INDEX flag_root;
CREATE INDEX flag_of_root ON flag (caseload, root, flag);
DROP INDEX flag_window;
CREATE INDEX flag_of_window ON flag (caseload, window_hash, root);
DROP INDEX link_b;
CREATE INDEX link_of_b ON link (caseload, b, a);
DROP INDEX lookup_root;
CREATE INDEX lookup_of_root ON lookup (caseload, root, hash);
DROP INDEX gram_root;
CREATE INDEX gram_of_root ON gram (caseload, root, hash);
DROP INDEX alarm_log_alarm;
CREATE INDEX alarm_log_of_alarm ON alarm_log (caseload, alarm, n);
CREATE INDEX erased_by_entry ON erased (caseload, seq, entity);
