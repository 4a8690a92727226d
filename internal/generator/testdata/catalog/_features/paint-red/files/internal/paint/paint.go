// Package paint has a colour.
package paint

// Colour is red.
const Colour = "red"
