package middleware

import "strings"

// coding is a content coding.
type coding uint8

// The codings, in the order of preference among those that a caller likes equally: the fastest for its ratio first.
const (
	identity coding = iota
	zstandard
	brotli
	gzip
	deflate
	codings // their number
)

var codingNames = [...]string{identity: "identity", zstandard: "zstd", brotli: "br", gzip: "gzip", deflate: "deflate"}

// choice is what was agreed on with the caller.
type choice struct {
	coding          coding
	identityRefused bool
}

// unset marks a coding that the caller did not mention.
const unset = -1

// negotiate reads Accept-Encoding as RFC 9110 has it, section 12.5.3. Entries that are malformed are passed over.
func negotiate(values []string) choice {
	if len(values) == 0 {
		return choice{}
	}
	quality := [codings]int{unset, unset, unset, unset, unset} // in thousandths
	wildcard := unset
	for _, value := range values {
		for value != "" {
			var entry string
			entry, value, _ = strings.Cut(value, ",")
			name, q, ok := parseCoding(entry)
			if !ok {
				continue
			}
			if name == "*" {
				wildcard = q
			} else if c, known := codingNamed(name); known {
				quality[c] = q
			}
		}
	}
	return choose(quality, wildcard)
}

func choose(quality [codings]int, wildcard int) choice {
	best, bestQuality := identity, 0
	for c := identity + 1; c < codings; c++ {
		if quality[c] > bestQuality {
			best, bestQuality = c, quality[c]
		}
	}
	if best == identity && wildcard > 0 {
		// Whoever takes anything certainly takes gzip, and perhaps has not heard of the newer ones.
		for _, c := range [...]coding{gzip, deflate, brotli, zstandard} {
			if quality[c] == unset {
				best, bestQuality = c, wildcard
				break
			}
		}
	}
	refused := quality[identity] == 0 || quality[identity] == unset && wildcard == 0
	if quality[identity] > bestQuality {
		best = identity
	}
	return choice{coding: best, identityRefused: refused}
}

func codingNamed(name string) (coding, bool) {
	if strings.EqualFold(name, "x-gzip") {
		return gzip, true
	}
	for c, known := range codingNames {
		if strings.EqualFold(name, known) {
			return coding(c), true
		}
	}
	return identity, false
}

// parseCoding reads one entry such as "gzip;q=0.5".
func parseCoding(entry string) (name string, quality int, ok bool) {
	name, params, weighted := strings.Cut(entry, ";")
	name = strings.Trim(name, " \t")
	if !weighted {
		return name, 1000, name != ""
	}
	params = strings.Trim(params, " \t")
	if len(params) < 2 || params[0]|0x20 != 'q' || params[1] != '=' {
		return "", 0, false
	}
	quality, ok = parseQuality(params[2:])
	return name, quality, ok && name != ""
}

// parseQuality reads a weight from 0 to 1 with up to three decimals, in thousandths.
func parseQuality(s string) (int, bool) {
	if s == "" || len(s) > len("0.000") || s[0] != '0' && s[0] != '1' {
		return 0, false
	}
	q := int(s[0]-'0') * 1000
	if len(s) == 1 {
		return q, true
	}
	if s[1] != '.' {
		return 0, false
	}
	unit := 100
	for i := 2; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		q += int(s[i]-'0') * unit
		unit /= 10
	}
	return q, q <= 1000
}
