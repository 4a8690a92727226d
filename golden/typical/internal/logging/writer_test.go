package logging

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// output counts the calls that reach it. While gate is not nil, each waits there.
type output struct {
	gate chan struct{}

	mu    sync.Mutex
	calls int
	bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	if o.gate != nil {
		<-o.gate
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls++
	return o.Buffer.Write(p)
}

func (o *output) state() (calls int, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.calls, o.String()
}

func write(t *testing.T, w *Writer, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if n, err := w.Write([]byte(line)); n != len(line) || err != nil {
			t.Errorf("write: got %d, %v", n, err)
		}
	}
}

func TestALineIsWrittenAtOnceAndTheNextOnesTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := new(output)
		w := NewWriter(out)
		defer w.Close()

		write(t, w, "1\n")
		synctest.Wait() // no time passes
		if calls, text := out.state(); calls != 1 || text != "1\n" {
			t.Fatalf("got %q in %d calls, want the first line", text, calls)
		}
		write(t, w, "2\n", "3\n", "4\n")
		time.Sleep(2 * pace)
		if calls, text := out.state(); calls != 2 || text != "1\n2\n3\n4\n" {
			t.Errorf("got %q in %d calls, want all lines in 2", text, calls)
		}
	})
}

func TestCloseWritesWhatIsPendingAndLaterLinesToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := new(output)
		w := NewWriter(out)
		write(t, w, "1\n")
		synctest.Wait()
		write(t, w, "2\n")
		w.Close()
		if _, text := out.state(); text != "1\n2\n" {
			t.Errorf("after closing: got %q, want both lines", text)
		}
		write(t, w, "3\n")
		if _, text := out.state(); text != "1\n2\n3\n" {
			t.Errorf("a line after closing: got %q", text)
		}
	})
}

// An output that takes nothing holds up who logs, and loses no line.
func TestPendingLinesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &output{gate: make(chan struct{})}
		w := NewWriter(out)
		line := strings.Repeat("x", 1023) + "\n"
		write(t, w, line)
		synctest.Wait() // it is on its way
		written := 0
		go func() {
			for range 3 << 10 {
				write(t, w, line)
				written++
			}
			w.Close()
		}()
		synctest.Wait()
		if limit := maxPending / len(line); written != limit {
			t.Errorf("%d lines are pending, want %d", written, limit)
		}
		close(out.gate)
		<-w.done
		if got := out.Len(); got != 3<<20+len(line) {
			t.Errorf("got %d bytes, want all", got)
		}
	})
}

func TestLinesOfManyGoroutinesStayWhole(t *testing.T) {
	out := new(output)
	w := NewWriter(out)
	want := map[string]int{}
	var group sync.WaitGroup
	for i := range 8 {
		line := fmt.Sprintf("%d %s", i, strings.Repeat("y", 100*i))
		want[line] = 500
		group.Go(func() {
			for range 500 {
				write(t, w, line+"\n")
			}
		})
	}
	group.Wait()
	w.Close()
	got := map[string]int{}
	for line := range strings.Lines(out.String()) {
		got[strings.TrimSuffix(line, "\n")]++
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
