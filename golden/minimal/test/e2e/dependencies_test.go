//go:build !windows

package e2e

import "testing"

// dependencies returns settings for the dependencies of the service. It has none.
func dependencies(*testing.T) settings { return nil }
