package main

import (
	"cmp"
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

// Only this file imports the forms library, so a new version of the library affects no other file.

// run shows the steps in order. It returns errInterrupted when the user quits, or the error of a step.
func (d dialog) run(ctx context.Context) error {
	if d.accessible {
		// Disable colours: a screen reader would read the escape sequences.
		lipgloss.SetDefaultRenderer(lipgloss.NewRenderer(io.Discard))
		return d.runLines(ctx)
	}
	// The new renderer must not query the terminal for its background, so it gets the value that package terminal set.
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

// theme uses the terminal's own sixteen colours, which suit its background. The prefix "[x]" marks a selected option
// without colour too.
func theme() *huh.Theme {
	t := huh.ThemeBase16()
	t.Focused.SelectedPrefix = t.Focused.SelectedPrefix.SetString("[x] ")
	t.Blurred.SelectedPrefix = t.Blurred.SelectedPrefix.SetString("[x] ")
	t.Focused.ErrorIndicator = t.Focused.ErrorIndicator.SetString("")
	t.Focused.ErrorMessage = t.Focused.ErrorMessage.SetString("!")
	return t
}

// keys disables list filters, so that esc always goes back. The lists are short.
func keys() *huh.KeyMap {
	k := huh.NewDefaultKeyMap()
	k.Select.Filter.SetKeys()
	k.Select.SetFilter.SetKeys()
	k.Select.ClearFilter.SetKeys()
	return k
}

// screen shows one page at a time, at the full width of the terminal.
type screen struct {
	steps  []step
	at     int // index of the current step
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
			return s, s.rebuild(s.focus())
		}
		return s, s.fit()
	case tea.KeyMsg:
		if msg.Type == tea.KeyRunes && len(msg.Runes) > 1 && !msg.Paste {
			return s, s.typed(msg.Runes)
		}
		if msg.Type == tea.KeyCtrlJ { // a line feed, which a terminal without bracketed paste sends for a line end
			msg = tea.KeyMsg{Type: tea.KeyEnter}
		}
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

// typed handles characters that arrive in one read. As one message, "home" typed fast would be the key home.
func (s *screen) typed(characters []rune) tea.Cmd {
	var cmds []tea.Cmd
	for _, r := range characters {
		_, cmd := s.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
		cmds = append(cmds, cmd)
	}
	return tea.Sequence(cmds...)
}

// next moves to the next field, or from the last field to the next step, if the answer is valid. The library would send
// itself messages to do so. Keys that are typed ahead would overtake those messages and reach the wrong field.
func (s *screen) next(key tea.KeyMsg) tea.Cmd {
	i := s.focus()
	s.form.Update(key) // stores and validates the answer
	switch {
	case s.fields[i].Error() != nil:
		return nil
	case i < len(s.fields)-1:
		s.page.answered()
		return s.rebuild(i + 1)
	}
	s.page.submit()
	return s.move(+1)
}

func (s *screen) finish(err error) tea.Cmd {
	s.err, s.done = err, true
	return tea.Quit
}

// move shows the next step that has a page, in the given direction. After the last step the form is complete.
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

// build creates the form of the page and focuses its first field.
func (s *screen) build() tea.Cmd {
	s.fields = nil
	for _, f := range s.page.fields {
		if countLines(f.help, s.width-4)+2 > s.height-4 { // the title and the answer matter more
			f.help = ""
		}
		s.fields = append(s.fields, f.build(s.width))
	}
	if len(s.fields) == 0 {
		s.fields = append(s.fields, huh.NewNote().Next(true).NextLabel("Continue"))
	}
	s.form = huh.NewForm(huh.NewGroup(s.fields...)).WithTheme(s.theme).WithKeyMap(s.keys).WithShowHelp(false)
	return tea.Sequence(s.form.Init(), s.fit())
}

// rebuild creates the form again, for a new size or new answers, with the focus on a field.
func (s *screen) rebuild(focus int) tea.Cmd {
	cmds := make([]tea.Cmd, 0, 1+focus)
	cmds = append(cmds, s.build())
	for range focus {
		cmds = append(cmds, s.form.NextField())
	}
	return tea.Sequence(cmds...)
}

// fit sets the size of the form to what the title, the text, the notes and the help leave. The library panics in a few columns.
func (s *screen) fit() tea.Cmd {
	room := s.height - s.noteHeight() - 4 - lipgloss.Height(s.text()) // title, two empty lines, help
	_, cmd := s.form.Update(tea.WindowSizeMsg{Width: max(min(s.width, 100), 10), Height: max(room, 3)})
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

// text returns the text of the page, clipped so that a question fits below it.
func (s *screen) text() string {
	if s.page.text == nil {
		return ""
	}
	room := max(s.height-s.noteHeight()-4-min(s.page.height(), max(6, s.height*2/3)), 1)
	text := wrap(s.page.text(s.width-1, room), s.width-1)
	if strings.Count(text, "\n") < room {
		return text
	}
	return strings.TrimLeft(clip(text, s.width-1, room-1)+"\n"+enlarge, "\n")
}

// noteHeight returns the fixed height of the notes, so that the page does not move when they change.
func (s *screen) noteHeight() int {
	if !s.page.hasNotes() {
		return 0
	}
	return max(1, min(4, s.height/6))
}

// note returns the detail of the option under the cursor, then the note of the page.
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

// help lists the keys, in the longest form that fits the width.
func (s *screen) help() string {
	long, short, more := "enter next", "enter", ""
	if i := s.focus(); i < len(s.page.fields) {
		switch f := s.page.fields[i]; {
		case f.answers != nil:
			long, short = "↑↓ move · space select · enter next", "↑↓ · space · enter"
		case f.options != nil:
			long, short = "↑↓ choose · enter next", "↑↓ · enter"
		case s.fields[i].GetValue() != "":
			more = " · ctrl+u clear"
		case f.defaultAnswer() != "":
			more = " · type to replace"
		}
	}
	back := ""
	if s.at > 0 {
		back, short = " · esc back", short+" · esc"
	}
	for _, help := range []string{
		long + more + back + " · ctrl+c quit, write nothing", long + more + back + " · ctrl+c quit", long + back + " · ctrl+c quit",
	} {
		if ansi.StringWidth(help) < s.width {
			return help
		}
	}
	return short + " · ctrl+c quit"
}

// build creates the library's field.
func (f field) build(width int) huh.Field {
	options := make([]huh.Option[string], len(f.options))
	for i, o := range f.options {
		options[i] = huh.NewOption(ansi.Truncate(o.label, max(width-8, 10), "…"), o.value)
	}
	switch {
	case f.answers != nil:
		list := huh.NewMultiSelect[string]().Title(f.title).Description(f.help).Options(options...).Filterable(false).Value(f.answers)
		if f.checkAnswers != nil {
			list.Validate(f.checkAnswers)
		}
		return list
	case f.options != nil:
		return huh.NewSelect[string]().Title(f.title).Description(f.help).Options(options...).Value(f.answer)
	default:
		input := huh.NewInput().Title(f.title).Description(f.help).Placeholder(cmp.Or(f.defaultAnswer(), f.placeholder)).Accessor(replaceable{f})
		if f.check != nil {
			input.Validate(func(text string) error { return f.check(strings.TrimSpace(cmp.Or(text, f.defaultAnswer()))) })
		}
		return input
	}
}

// askLine asks one question without drawing on the screen. A list of answers is typed as one line: the library would ask for
// one checkbox at a time, and take an empty line for a wrong number.
func (f field) askLine(w io.Writer, r io.Reader) error {
	if f.answers == nil {
		return f.build(80).WithTheme(huh.ThemeBase()).RunAccessible(w, r)
	}
	names := strings.Join(*f.answers, ",")
	list := field{title: f.title, answer: &names, check: f.checkNames}.withDefaultInTitle()
	if err := list.build(80).WithTheme(huh.ThemeBase()).RunAccessible(w, r); err != nil {
		return err
	}
	*f.answers = splitNames(names)
	return nil
}
