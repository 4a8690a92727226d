// Package paint has a colour.
package paint

// Colour is azure.
const Colour = "azure"
