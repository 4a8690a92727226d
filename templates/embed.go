// Package templates holds the files of the generated service, as an embedded file system.
//
// README.md beside this file says how they are put together. The folders start with an underscore, so that the go
// command does not take the templates, which are valid Go, for packages of this module.
package templates

import "embed"

// Files has _base, the smallest service, and _features, one folder for each feature.
//
//go:embed all:_base all:_features
var Files embed.FS
