-- name: CreateNote :exec
INSERT INTO notes (id, owner, title, body, version, created_at, updated_at)
VALUES (@id, @owner, @title, @body, @version, @created_at, @updated_at);

-- name: GetNote :one
SELECT * FROM notes WHERE id = @id;

-- name: ListNotes :many
SELECT * FROM notes WHERE id > @after ORDER BY id LIMIT @count::bigint;

-- name: ListNotesOfOwner :many
SELECT * FROM notes WHERE owner = @owner AND id > @after ORDER BY id LIMIT @count::bigint;

-- name: UpdateNote :execrows
UPDATE notes
SET owner = @owner, title = @title, body = @body, version = @version, created_at = @created_at, updated_at = @updated_at
WHERE id = @id AND version = @expected;

-- name: DeleteNote :execrows
DELETE FROM notes WHERE id = @id AND version = @expected;

-- name: NoteExists :one
SELECT EXISTS (SELECT FROM notes WHERE id = @id);
