-- +goose Up

CREATE TABLE notes (
    -- Identifiers are compared as bytes: a listing is in the order in which
    -- they grow, whatever the locale of the server.
    id         text COLLATE "C" PRIMARY KEY,
    owner      text NOT NULL,
    title      text NOT NULL,
    body       text NOT NULL,
    version    bigint NOT NULL CHECK (version > 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

-- A page of the notes of one owner.
CREATE INDEX notes_owner_id_idx ON notes (owner, id);

-- +goose Down

DROP TABLE notes;
