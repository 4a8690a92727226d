package generator

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
)

// composer renders many projects of one catalog. It renders a file once for all projects in which the same template has
// the same fragments and answers. It omits what the generator makes without a template: go.mod, go.sum, the record, and
// the list of settings at the end of referenceFile.
type composer struct {
	fsys    fs.FS
	samples []string // of all questions

	mu     sync.Mutex
	sheets map[string]*sheet
}

// sheet is a template with its distinct renderings.
type sheet struct {
	data   []byte
	slots  []slot
	list   bool // it has lists, which depend on the whole set
	shapes map[string]*shape
	pieces int
}

// shape is a template with certain fragments.
type shape struct {
	samples []string // the samples of questions in the text
	pieces  map[string]*piece
}

// piece is a distinct rendered file.
type piece struct {
	File
	sum       [sha256.Size]byte
	rendering sync.Once
	err       error
	reading   sync.Once // see surveyor.read
	words     []string
}

// maxPieces is the number of renderings of a template that are kept. A template with more depends on almost every
// feature, so that hardly two projects have the same rendering.
const maxPieces = 1024

func newComposer(l library) *composer {
	c := &composer{fsys: &readOnce{FS: l.fsys, files: map[string][]byte{}}, sheets: map[string]*sheet{}}
	for _, q := range l.cat.Questions() {
		if q.Sample != "" {
			c.samples = append(c.samples, q.Sample)
		}
	}
	return c
}

// files returns the files of a project, sorted by the path of their template.
func (c *composer) files(p Plan) ([]*piece, error) {
	r, sources, err := p.collect(c.fsys)
	if err != nil {
		return nil, err
	}
	err = r.checkSlots(sources, func(s source) ([]slot, error) {
		t, err := c.sheet(s)
		if err != nil {
			return nil, err
		}
		return t.slots, nil
	})
	if err != nil {
		return nil, err
	}
	return c.render(r, sources)
}

// proofs returns the proofs of a project.
func (c *composer) proofs(p Plan) ([]*piece, error) {
	sources, err := collectFiles(c.fsys, p.Set, true)
	if err != nil {
		return nil, err
	}
	return c.render(p.renderer(), sources)
}

func (c *composer) render(r *renderer, sources []source) ([]*piece, error) {
	pieces := make([]*piece, len(sources))
	for i, s := range sources {
		p, err := c.piece(r, s)
		if err != nil {
			return nil, err
		}
		p.rendering.Do(func() {
			if p.File, p.err = r.file(s); p.err == nil {
				p.sum = sha256.Sum256(p.Data)
			}
		})
		if p.err != nil {
			return nil, p.err
		}
		pieces[i] = p
	}
	return pieces, nil
}

// sheet returns the sheet of a source, which it reads once.
func (c *composer) sheet(s source) (*sheet, error) {
	key := s.folder + "\x00" + s.path
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.sheets[key]
	if t != nil && !bytes.Equal(t.data, s.data) {
		return nil, fmt.Errorf("%s: %s is a file and a proof; rename the proof", s.folder, s.path)
	}
	if t != nil {
		return t, nil
	}
	slots, err := s.slots()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.folder, err)
	}
	t = &sheet{data: s.data, slots: slots, list: bytes.Contains(s.data, []byte("{{"+rangeDirective)), shapes: map[string]*shape{}}
	c.sheets[key] = t
	return t, nil
}

// piece returns the file that a source is rendered to. It may not be rendered yet.
func (c *composer) piece(r *renderer, s source) (*piece, error) {
	t, err := c.sheet(s)
	if err != nil {
		return nil, err
	}
	var key strings.Builder
	fmt.Fprintf(&key, "%s %s %v", r.name, r.module, r.resource)
	for _, slot := range t.slots {
		for _, f := range r.fragments[slot.name] {
			key.WriteString("\x00" + f.folder)
		}
	}
	if t.list {
		fmt.Fprint(&key, r.document)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	sh := t.shapes[key.String()]
	if sh == nil {
		sh = &shape{samples: c.samplesIn(r, s, t), pieces: map[string]*piece{}}
		if t.pieces < maxPieces {
			t.shapes[key.String()] = sh
		}
	}
	answers := ""
	for _, l := range r.literals {
		if slices.Contains(sh.samples, l.sample) {
			answers += l.sample + "\x00" + l.answer + "\x00"
		}
	}
	p := sh.pieces[answers]
	if p == nil {
		p = &piece{}
		sh.pieces[answers] = p
		t.pieces++
	}
	return p, nil
}

// samplesIn returns the samples in a template and its fragments.
func (c *composer) samplesIn(r *renderer, s source, t *sheet) []string {
	texts := []string{string(s.data)}
	for _, slot := range t.slots {
		for _, f := range r.fragments[slot.name] {
			texts = append(texts, f.text)
		}
	}
	var found []string
	for _, sample := range c.samples {
		if slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, sample) }) {
			found = append(found, sample)
		}
	}
	return found
}

// readOnce is a file system that reads each file once.
type readOnce struct {
	fs.FS
	mu    sync.Mutex
	files map[string][]byte
}

func (r *readOnce) ReadFile(name string) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	data, ok := r.files[name]
	if ok {
		return data, nil
	}
	data, err := fs.ReadFile(r.FS, name)
	r.files[name] = data
	return data, err
}
