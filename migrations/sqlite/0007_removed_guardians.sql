-- Guardians whom staff have taken from a child: no roster brings them back by itself.
CREATE TABLE removed_guardians (
    child_id    UUID NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    guardian_id UUID NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    removed_at  BIGINT NOT NULL,
    PRIMARY KEY (child_id, guardian_id)
);
CREATE INDEX removed_guardians_by_guardian ON removed_guardians (guardian_id);
