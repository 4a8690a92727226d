-- +goose Up

CREATE TABLE notes (
    id         text COLLATE "C" PRIMARY KEY, -- sorts by bytes in every locale of the server
    owner      text NOT NULL,
    title      text NOT NULL,
    body       text NOT NULL,
    version    bigint NOT NULL CHECK (version > 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

-- For the pages of one owner.
CREATE INDEX notes_owner_id_idx ON notes (owner, id);

-- +goose Down

DROP TABLE notes;
