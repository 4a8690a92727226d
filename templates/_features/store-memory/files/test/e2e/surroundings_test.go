//go:build !windows

package e2e

import "testing"

// surroundings returns settings for what the service needs around it: nothing.
func surroundings(*testing.T) settings { return nil }
