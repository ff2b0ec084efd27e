-- From where an import was ordered: the worker that applies it writes that into the audit log. Erased when it is done.
ALTER TABLE imports ADD COLUMN address_sealed BLOB;
