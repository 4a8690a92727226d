// Package migrations embeds the SQL files that change the schema, one for each step. Never change a released file. Add a new
// migration instead.
package migrations

import "embed"

// Files holds the migrations, in the order of their names.
//
//go:embed *.sql
var Files embed.FS
