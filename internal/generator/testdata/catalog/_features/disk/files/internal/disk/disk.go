// Package disk keeps things.
package disk

// Open opens the store.
func Open() (string, error) {
	options := []string{
		"sync",
		//{{slot "disk/options"}}
	}
	return options[0], nil
}
