package generator

import (
	"crypto/sha256"
	"fmt"
	"sync"
)

// memo caches rendered files for tests that render many projects. Most files are the same in all projects, and most of
// the time goes into formatting. A nil memo caches nothing.
type memo struct {
	mu       sync.Mutex
	finished map[memoKey][]byte
}

type memoKey [sha256.Size]byte

// projectMemo is the part of a memo for projects with the same name, module and values.
type projectMemo struct {
	memo   *memo
	answer string
}

type finishFunc func(s source, text string, filled bool) ([]byte, error)

func (m *memo) forAnswers(a Answers) *projectMemo {
	if m == nil {
		return nil
	}
	return &projectMemo{memo: m, answer: fmt.Sprintf("%q %q %q", a.Name, a.Module, a.Values)}
}

// finish returns the cached result of compute for a file, or calls compute. text is the template with its slots filled.
func (m *projectMemo) finish(s source, text string, filled bool, compute finishFunc) ([]byte, error) {
	if m == nil {
		return compute(s, text, filled)
	}
	key := memoKey(sha256.Sum256(fmt.Appendf(nil, "%s %q %t\n%s", m.answer, s.path, filled, text)))
	m.memo.mu.Lock()
	data, ok := m.memo.finished[key]
	m.memo.mu.Unlock()
	if ok {
		return data, nil
	}
	data, err := compute(s, text, filled)
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
