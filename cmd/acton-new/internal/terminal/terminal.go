// Package terminal settles, before anything else runs, what would otherwise be asked of the terminal.
//
// Bubbletea asks for the background colour while it is initialised, so in every command, and waits five seconds for the
// answer: over a slow line, or in a terminal that does not know the question, nothing would happen meanwhile. Packages
// are initialised in the order of their import paths as far as their imports allow, so this one comes first; a test in
// the command, with a terminal that never answers, fails when that no longer holds.
package terminal

import (
	"os"
	"strconv"
	"strings"

	"github.com/charmbracelet/lipgloss"
)

func init() { lipgloss.SetHasDarkBackground(Dark(os.Getenv("COLORFGBG"))) }

// Dark tells whether the background is dark, by the value of COLORFGBG ("15;0": white on black). Few terminals set it;
// dark is the better guess for the others.
func Dark(colorfgbg string) bool {
	background := colorfgbg[strings.LastIndex(colorfgbg, ";")+1:]
	n, err := strconv.Atoi(background)
	return err != nil || n < 7 || n == 8
}
