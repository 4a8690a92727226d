-- name: CreateNote :exec
INSERT INTO notes (id, owner, title, body, version, created_at, updated_at)
VALUES (@id, @owner, @title, @body, @version, @created_at, @updated_at);

-- name: GetNote :one
SELECT * FROM notes WHERE id = @id;

-- A listing ends with the note whose title and body reach max_bytes. matches is the number of rows without that limit.

-- name: ListNotes :many
SELECT * FROM (
    SELECT *, count(*) OVER () AS matches,
        coalesce(sum(octet_length(title) + octet_length(body)) OVER earlier, 0)::bigint AS bytes_before
    FROM (SELECT * FROM notes WHERE id > @after ORDER BY id LIMIT @count::bigint) AS page
    WINDOW earlier AS (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
) AS sized
WHERE bytes_before < @max_bytes::bigint ORDER BY id;

-- name: ListNotesOfOwner :many
SELECT * FROM (
    SELECT *, count(*) OVER () AS matches,
        coalesce(sum(octet_length(title) + octet_length(body)) OVER earlier, 0)::bigint AS bytes_before
    FROM (SELECT * FROM notes WHERE owner = @owner AND id > @after ORDER BY id LIMIT @count::bigint) AS page
    WINDOW earlier AS (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
) AS sized
WHERE bytes_before < @max_bytes::bigint ORDER BY id;

-- name: UpdateNote :execrows
UPDATE notes
SET owner = @owner, title = @title, body = @body, version = @version, created_at = @created_at, updated_at = @updated_at
WHERE id = @id AND version = @expected;

-- name: DeleteNote :execrows
DELETE FROM notes WHERE id = @id AND version = @expected;

-- name: NoteExists :one
SELECT EXISTS (SELECT FROM notes WHERE id = @id);
