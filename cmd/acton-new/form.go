package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/huh"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
)

// This file is the only one that knows the forms library: another version of it changes nothing else.

// run shows the steps one after the other. It returns errInterrupted when somebody leaves, and the error of a step.
func (d dialog) run(ctx context.Context) error {
	if d.accessible {
		// Nothing that a screen reader would have to skip: a stream that is no terminal has no colours.
		lipgloss.SetDefaultRenderer(lipgloss.NewRenderer(io.Discard))
		return d.runLines(ctx)
	}
	// The colours are those of the stream that is written to. Said once more, so that nothing asks the terminal.
	renderer := lipgloss.NewRenderer(d.out)
	renderer.SetHasDarkBackground(lipgloss.HasDarkBackground())
	lipgloss.SetDefaultRenderer(renderer)

	s := &screen{steps: d.steps, at: -1, theme: theme(), keys: keys(), width: 80, height: 24}
	_, err := tea.NewProgram(s, tea.WithContext(ctx), tea.WithInput(d.in), tea.WithOutput(d.out), tea.WithoutSignalHandler()).Run()
	switch {
	case ctx.Err() != nil, errors.Is(err, tea.ErrInterrupted):
		return errInterrupted
	case err != nil:
		return fmt.Errorf("terminal: %w", err)
	}
	return s.err
}

// theme uses the sixteen colours of the terminal, which suit its background; what is chosen shows without colour too.
func theme() *huh.Theme {
	t := huh.ThemeBase16()
	t.Focused.SelectedPrefix = t.Focused.SelectedPrefix.SetString("[x] ")
	t.Blurred.SelectedPrefix = t.Blurred.SelectedPrefix.SetString("[x] ")
	t.Focused.ErrorIndicator = t.Focused.ErrorIndicator.SetString("")
	t.Focused.ErrorMessage = t.Focused.ErrorMessage.SetString("!")
	return t
}

// keys leaves out the filter of lists, which are short here, so that esc means one thing.
func keys() *huh.KeyMap {
	k := huh.NewDefaultKeyMap()
	k.Select.Filter.SetKeys()
	k.Select.SetFilter.SetKeys()
	k.Select.ClearFilter.SetKeys()
	return k
}

// screen shows one page at a time on the whole width of the terminal.
type screen struct {
	steps  []step
	at     int // the step that is shown
	page   page
	form   *huh.Form
	fields []huh.Field
	theme  *huh.Theme
	keys   *huh.KeyMap
	width  int
	height int
	err    error
	done   bool
}

func (s *screen) Init() tea.Cmd { return s.move(+1) }

func (s *screen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if s.done {
		return s, nil
	}
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		if msg.Width <= 0 || msg.Height <= 0 {
			return s, nil
		}
		if msg.Width != s.width || msg.Height != s.height {
			s.width, s.height = msg.Width, msg.Height
			return s, s.rebuild()
		}
		return s, s.fit()
	case tea.KeyMsg:
		switch msg.String() {
		case "ctrl+c":
			return s, s.finish(errInterrupted)
		case "esc":
			return s, s.move(-1)
		case "enter", "tab":
			return s, s.next(msg)
		case "shift+tab":
			if s.focus() == 0 {
				return s, s.move(-1)
			}
			return s, s.form.PrevField()
		}
	}
	_, cmd := s.form.Update(msg)
	return s, cmd
}

// next goes to the next field, or from the last one to the next step, unless the answer is wrong. The library would do so
// by messages to itself, and keys that are typed ahead would overtake them and reach the wrong field.
func (s *screen) next(key tea.KeyMsg) tea.Cmd {
	i := s.focus()
	s.form.Update(key) // stores and judges the answer
	switch {
	case s.fields[i].Error() != nil:
		return nil
	case i < len(s.fields)-1:
		return s.form.NextField()
	}
	s.page.answered()
	return s.move(+1)
}

func (s *screen) finish(err error) tea.Cmd {
	s.err, s.done = err, true
	return tea.Quit
}

// move goes to the next step that has something to ask, in the given direction; behind the last one all is answered.
func (s *screen) move(direction int) tea.Cmd {
	for i := s.at + direction; i >= 0; i += direction {
		if i >= len(s.steps) {
			return s.finish(nil)
		}
		p, ok, err := s.steps[i]()
		if err != nil {
			return s.finish(err)
		}
		if ok {
			s.at, s.page = i, p
			return s.build()
		}
	}
	return nil
}

// build makes the form of the page, with its first field focused.
func (s *screen) build() tea.Cmd {
	s.fields = nil
	for _, f := range s.page.fields {
		s.fields = append(s.fields, f.build(s.width))
	}
	if len(s.fields) == 0 {
		s.fields = append(s.fields, huh.NewNote().Next(true).NextLabel("Continue"))
	}
	s.form = huh.NewForm(huh.NewGroup(s.fields...)).WithTheme(s.theme).WithKeyMap(s.keys).WithShowHelp(false)
	return tea.Sequence(s.form.Init(), s.fit())
}

// rebuild makes the form anew for another size, with the same field focused.
func (s *screen) rebuild() tea.Cmd {
	focus := s.focus()
	cmds := make([]tea.Cmd, 0, 1+focus)
	cmds = append(cmds, s.build())
	for range focus {
		cmds = append(cmds, s.form.NextField())
	}
	return tea.Sequence(cmds...)
}

// fit tells the form how much room the other lines leave.
func (s *screen) fit() tea.Cmd {
	room := s.height - s.noteHeight() - 4 - lipgloss.Height(s.text()) // title, two empty lines, keys
	_, cmd := s.form.Update(tea.WindowSizeMsg{Width: min(s.width, 100), Height: max(room, 3)})
	return cmd
}

func (s *screen) focus() int {
	for i, f := range s.fields {
		if f == s.form.GetFocusedField() {
			return i
		}
	}
	return 0
}

func (s *screen) View() string {
	if s.done || s.form == nil {
		return ""
	}
	muted := s.theme.Focused.Description
	parts := []string{s.theme.Focused.Title.Render(clip(s.page.title, s.width, 1))}
	if text := s.text(); text != "" {
		parts = append(parts, text)
	}
	parts = append(parts, "", strings.TrimRight(s.form.View(), "\n "), "")
	if note := clip(s.note(), s.width-2, s.noteHeight()); note != "" {
		parts = append(parts, note)
	}
	return strings.Join(append(parts, muted.Render(s.help())), "\n")
}

// text is the page's text, as far as a question has room below it.
func (s *screen) text() string {
	if s.page.text == nil {
		return ""
	}
	room := max(s.height-s.noteHeight()-4-min(s.page.height(), 6), 1)
	return clip(s.page.text(s.width-1, room), s.width-1, room)
}

// noteHeight is how many lines the notes have, so that nothing moves when they change.
func (s *screen) noteHeight() int {
	if !s.page.hasNotes() {
		return 0
	}
	return max(1, min(4, s.height/6))
}

// note tells of the option under the cursor, and what follows from the answers.
func (s *screen) note() string {
	i := s.focus()
	var lines []string
	if s.page.note != nil {
		lines = append(lines, s.page.note())
	}
	if i < len(s.page.fields) {
		var hovered string
		switch f := s.fields[i].(type) {
		case *huh.Select[string]:
			hovered, _ = f.Hovered()
		case *huh.MultiSelect[string]:
			hovered, _ = f.Hovered()
		}
		for _, o := range s.page.fields[i].options {
			if o.value == hovered {
				lines = append([]string{o.detail}, lines...)
			}
		}
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// help names the keys, with as many words as the width has room for.
func (s *screen) help() string {
	long, short := "enter next", "enter"
	if i := s.focus(); i < len(s.page.fields) {
		switch f := s.page.fields[i]; {
		case f.many != nil:
			long, short = "↑↓ move · space choose · enter next", "↑↓ · space · enter"
		case f.options != nil:
			long, short = "↑↓ choose · enter next", "↑↓ · enter"
		}
	}
	if s.at > 0 {
		long, short = long+" · esc back", short+" · esc"
	}
	for _, help := range []string{long + " · ctrl+c leave, writing nothing", long + " · ctrl+c leave"} {
		if ansi.StringWidth(help) < s.width {
			return help
		}
	}
	return short + " · ctrl+c leave"
}

// build makes the library's field.
func (f field) build(width int) huh.Field {
	options := make([]huh.Option[string], len(f.options))
	for i, o := range f.options {
		options[i] = huh.NewOption(ansi.Truncate(o.label, max(width-8, 10), "…"), o.value)
	}
	switch {
	case f.many != nil:
		list := huh.NewMultiSelect[string]().Title(f.title).Description(f.help).Options(options...).Filterable(false).Value(f.many)
		if f.checkMany != nil {
			list.Validate(f.checkMany)
		}
		return list
	case f.options != nil:
		return huh.NewSelect[string]().Title(f.title).Description(f.help).Options(options...).Value(f.one)
	default:
		input := huh.NewInput().Title(f.title).Description(f.help).Placeholder(f.placeholder).Value(f.one)
		if f.check != nil {
			input.Validate(func(value string) error { return f.check(strings.TrimSpace(value)) })
		}
		return input
	}
}

// askLine asks one question in lines.
func (f field) askLine(w io.Writer, r io.Reader) error {
	return f.build(80).WithTheme(huh.ThemeBase()).RunAccessible(w, r)
}
