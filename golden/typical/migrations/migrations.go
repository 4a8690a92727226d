// Package migrations holds the history of the schema, one SQL file for each
// step, embedded into the binary. A file that has been released is never
// changed: what it did is undone or continued by a further one.
package migrations

import "embed"

// Files holds the migrations, in the order of their names.
//
//go:embed *.sql
var Files embed.FS
