package consistency

import (
	"math"
	"strconv"
	"strings"
)

// quantityUnits are the suffixes of Kubernetes quantities, longest first.
var quantityUnits = []struct {
	suffix string
	factor float64
}{
	{"Ki", 1 << 10}, {"Mi", 1 << 20}, {"Gi", 1 << 30}, {"Ti", 1 << 40},
	{"m", 1e-3}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12},
}

// quantity parses a Kubernetes quantity.
func quantity(text string) (float64, bool) {
	text, factor := strings.TrimSpace(text), 1.0
	for _, unit := range quantityUnits {
		if rest, ok := strings.CutSuffix(text, unit.suffix); ok {
			text, factor = rest, unit.factor
			break
		}
	}
	n, err := strconv.ParseFloat(text, 64)
	return n * factor, err == nil
}

// bytesOf parses the value of GOMEMLIMIT.
func bytesOf(text string) (float64, bool) {
	return quantity(strings.TrimSuffix(text, "B"))
}

// resourceField returns the value of a resourceFieldRef: the resource divided by the divisor, rounded up.
func resourceField(c, from *node) (string, bool) {
	kind, resource, _ := strings.Cut(from.at("resource").str(), ".")
	amount, ok := quantity(c.at("resources", kind, resource).str())
	if name := from.at("containerName").str(); !ok || name != "" && name != c.at("name").str() {
		return "", false
	}
	divisor := 1.0
	if d, ok := quantity(from.at("divisor").str()); ok && d > 0 {
		divisor = d
	}
	return strconv.FormatFloat(math.Ceil(amount/divisor), 'f', -1, 64), true
}
