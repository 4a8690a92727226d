// Package templates holds the files of the generated service, as an embedded file system.
//
// README.md beside this file says how they are put together. The folders start with an underscore, so that the go
// command does not take the templates, which are valid Go, for packages of this module.
package templates

import "embed"

// Files has what the generator renders: _base, the smallest service, and _features, one folder for each feature.
//
//go:embed _base/feature.yaml all:_base/files
//go:embed _features/*/feature.yaml all:_features/*/files all:_features/*/slots
//go:embed _features/*/with/*/feature.yaml all:_features/*/with/*/files all:_features/*/with/*/slots
var Files embed.FS

// All also has the probes, the proofs and the harnesses. The command does not use it, so the linker leaves it out.
//
//go:embed all:_base all:_features
var All embed.FS
