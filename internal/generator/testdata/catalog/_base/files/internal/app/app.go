// Package app ties the parts together.
package app

import (
	"fmt"

	"example.com/acme/sample-service/internal/paint"
	//{{slot "app/imports"}}
)

const (
	name      = "sample-service"
	prefix    = "SAMPLE_SERVICE"
	snake     = "sample_service"
	handbook  = "https://handbook.example/sample-service/index.md"
	greetings = 4711
)

// Run greets.
func Run() error {
	//{{slot "app/open"}}

	//{{slot "app/store"}}
	//{{slot "app/decorate"}}

	for range greetings {
		fmt.Println("{{", name, prefix, snake, handbook, paint.Colour, store, "}}")
	}
	//{{slot "app/close"}}
	return nil
}
