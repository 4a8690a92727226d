package main

import (
	"flag"
	"fmt"
	"html"
	"os"
	"strings"
	"testing"

	"github.com/hinshun/vt10x"

	"github.com/acton-go/acton-new/internal/verify/projects"
)

var update = flag.Bool("update", false, "rewrite ../../docs/wizard.svg and the tables in ../../README.md")

const picture = "../../docs/wizard.svg"

// TestReadmePictureShowsTheWizard compares the picture in the README with the wizard. -update redraws the picture.
func TestReadmePictureShowsTheWizard(t *testing.T) {
	c := open(t, 80, 24, nil, "acton-new")
	chosen := projects.Catalog(t).Groups()[0].Features[0].Name
	var p drawing
	for _, v := range []struct {
		visit
		drawn string // what the screen shows before it is drawn; not drawn if empty
	}{
		{visit{"Name", []string{"billing-api", enter}}, ""},
		{visit{"> example.com/billing-api", []string{erase, "github.com/acme/billing-api", enter}}, "> github.com/acme/billing-api"},
		{visit{"Preset", []string{enter}}, ""},
		{visit{"[ ] " + chosen, []string{space, enter}}, "[x] " + chosen},
		{visit{"Sample API", []string{enter}}, ""},
		{visit{"> registry.example.com", []string{erase, "ghcr.io/acme", enter}}, ""},
		{visit{"> acme/platform-team", []string{erase, "acme/billing", enter}}, ""},
		{visit{"> billing-api.example.com", []string{erase, "billing.acme.com", enter}}, ""},
		{visit{"Keep the answers above?", []string{enter}}, "↑↓ choose"},
	} {
		c.waitFor(v.page)
		last := len(v.keys) - 1
		c.press(v.keys[:last]...)
		if v.drawn != "" {
			c.waitUntil(v.drawn, func() bool {
				return strings.Contains(c.screen(), v.drawn) && !strings.Contains(c.screen(), "a placeholder")
			})
			c.waitIdle()
			p.add(c.term)
		}
		c.press(v.keys[last])
	}
	c.waitFor("Quit without writing", "↑↓ choose") // the last lines
	c.waitIdle()
	p.add(c.term)
	c.press(ctrlC)
	c.wantExit(exitInterrupted)
	got := p.String()

	if *update {
		if err := os.WriteFile(picture, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s does not match the wizard; run go test ./cmd/acton-new -run Readme -update", picture)
	}
}

// The size of a character and of the margin, in pixels.
const (
	cellWidth  = 9
	cellHeight = 19
	margin     = 18
)

// palette holds the sixteen colours of a terminal.
var palette = [16]string{
	"#1d2330", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#c8ccd4",
	"#7f848e", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#ffffff",
}

// bold is the mode bit of bold text, which vt10x does not export.
const bold = 1 << 2

// drawing is an SVG picture of screens, one below the other.
type drawing struct {
	body    strings.Builder
	columns int
	rows    int // drawn so far
}

// add draws a screen without its trailing empty lines.
func (d *drawing) add(term vt10x.Terminal) {
	term.Lock()
	defer term.Unlock()
	columns, rows := term.Size()
	if d.rows > 0 {
		y := margin + d.rows*cellHeight + cellHeight/2
		fmt.Fprintf(&d.body, "<path d=\"M0 %d H%d\" stroke=\"%s\" stroke-opacity=\"0.4\"/>\n", y, columns*cellWidth+2*margin, palette[8])
		d.rows++
	}
	last := 0
	for y := range rows {
		for x := 0; x < columns; {
			first, start := term.Cell(x, y), x
			var text strings.Builder
			for ; x < columns && sameLook(term.Cell(x, y), first); x++ {
				text.WriteRune(max(term.Cell(x, y).Char, ' '))
			}
			trimmed := strings.TrimRight(text.String(), " ")
			if trimmed == "" {
				continue
			}
			last = y
			weight := ""
			if first.Mode&bold != 0 {
				weight = ` font-weight="bold"`
			}
			fmt.Fprintf(&d.body, "<text x=\"%d\" y=\"%d\" textLength=\"%d\" fill=\"%s\"%s>%s</text>\n",
				margin+start*cellWidth, margin+(d.rows+y)*cellHeight+14, len([]rune(trimmed))*cellWidth,
				fill(first), weight, html.EscapeString(trimmed))
		}
	}
	d.columns, d.rows = max(d.columns, columns), d.rows+last+1
}

func (d *drawing) String() string {
	width, height := d.columns*cellWidth+2*margin, d.rows*cellHeight+2*margin
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="Pages of the wizard">
<rect width="100%%" height="100%%" rx="8" fill="%s"/>
<g font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="15" xml:space="preserve">
%s</g>
</svg>
`, width, height, width, height, palette[0], d.body.String())
}

func sameLook(a, b vt10x.Glyph) bool { return a.FG == b.FG && a.Mode == b.Mode }

func fill(g vt10x.Glyph) string {
	if g.FG < 16 {
		return palette[g.FG]
	}
	return palette[7]
}
