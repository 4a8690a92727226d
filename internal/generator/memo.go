package generator

import (
	"crypto/sha256"
	"fmt"
	"sync"
)

// memo keeps what files became, for tests that render many projects in one process: most files are the same in all of
// them, and formatting is what takes the time. A nil memo keeps nothing.
type memo struct {
	mu       sync.Mutex
	finished map[memoKey][]byte
}

type memoKey [sha256.Size]byte

// memoOf is a memo for the projects with one name, module and set of values.
type memoOf struct {
	memo   *memo
	answer string
}

func (m *memo) of(a Answers) *memoOf {
	if m == nil {
		return nil
	}
	return &memoOf{memo: m, answer: fmt.Sprintf("%q %q %q", a.Name, a.Module, a.Values)}
}

// finish returns what the other function makes of a file, or made of it before. text is the template with its slots filled.
func (m *memoOf) finish(s source, text string, filled bool, anew func(s source, text string, filled bool) ([]byte, error)) ([]byte, error) {
	if m == nil {
		return anew(s, text, filled)
	}
	key := memoKey(sha256.Sum256(fmt.Appendf(nil, "%s %q %t\n%s", m.answer, s.path, filled, text)))
	m.memo.mu.Lock()
	data, ok := m.memo.finished[key]
	m.memo.mu.Unlock()
	if ok {
		return data, nil
	}
	data, err := anew(s, text, filled)
	if err != nil {
		return nil, err
	}
	m.memo.mu.Lock()
	defer m.memo.mu.Unlock()
	if m.memo.finished == nil {
		m.memo.finished = map[memoKey][]byte{}
	}
	m.memo.finished[key] = data
	return data, nil
}
