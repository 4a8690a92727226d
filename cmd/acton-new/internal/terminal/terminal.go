// Package terminal sets the background colour before bubbletea queries the terminal for it.
//
// Bubbletea queries the background colour in its package initialisation, so in every command. It waits up to five seconds
// for the answer, which a terminal may not send. Go initialises packages in the order of their import paths, after their
// imports, so this package comes before bubbletea. TestCommandsDoNotQueryTheTerminal checks the order.
package terminal

import (
	"os"
	"strconv"
	"strings"

	"github.com/charmbracelet/lipgloss"
)

func init() { lipgloss.SetHasDarkBackground(Dark(os.Getenv("COLORFGBG"))) }

// Dark reports whether the background is dark, from the value of COLORFGBG ("15;0" means white on black). Few terminals
// set the variable; without it, the result is true.
func Dark(colorfgbg string) bool {
	background := colorfgbg[strings.LastIndex(colorfgbg, ";")+1:]
	n, err := strconv.Atoi(background)
	return err != nil || n < 7 || n == 8
}
