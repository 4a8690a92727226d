package app

import "testing"

// dependencies returns variables for what the service needs around it: none.
func dependencies(*testing.T) []string { return nil }
