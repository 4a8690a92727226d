//go:build tools

// Package tools pins Docker Compose, which go install cannot build: its go.mod
// has exclude lines. The checks run the compose file of a service with it.
package tools

import _ "github.com/docker/compose/v5/cmd"
