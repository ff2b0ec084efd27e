-- A school's stays of any time, and its posts: an import reads them for each school of its file.
CREATE INDEX enrolments_by_class ON enrolments (class_id, student_id);
CREATE INDEX posts_by_school ON posts (school_id, person_id);

-- What SQLite noted of the sizes of tables while they were small: it read whole tables because of that after they had grown. Without such
-- notes it takes an index wherever there is one.
DROP TABLE IF EXISTS sqlite_stat1;
