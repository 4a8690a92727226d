package reload

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
)

func TestFailedLoadIsTriedAgainInEveryRound(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, cert, "old")
	write(t, key, "old")
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		l := newLoop()
		l.log = slog.New(slog.NewTextHandler(&out, nil))
		var failures, loads int
		l.Add("certificates", []string{cert, key}, func() error {
			a, _ := os.ReadFile(cert)
			b, _ := os.ReadFile(key)
			if string(a) != string(b) {
				failures++
				return errors.New("they do not match")
			}
			loads++
			return nil
		})
		start(t, l)
		write(t, cert, "new")
		rounds(3)
		write(t, key, "new")
		rounds(3)
		if failures != 3 || loads != 1 {
			t.Errorf("got %d failures and %d loads, want 3 and 1", failures, loads)
		}
		if lines := strings.Count(out.String(), "reload failed"); lines != 1 {
			t.Errorf("got %d log lines about one failure, want 1", lines)
		}
	})
}

func TestTurnedLinkIsAChange(t *testing.T) {
	dir := t.TempDir()
	for _, version := range []string{"1", "2"} {
		if err := os.Mkdir(filepath.Join(dir, version), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, version, "cert.pem"), version)
	}
	link := func(to string) {
		if err := os.Symlink(to, filepath.Join(dir, "next")); err != nil {
			t.Skipf("no symbolic links here: %v", err)
		}
		if err := os.Rename(filepath.Join(dir, "next"), filepath.Join(dir, "data")); err != nil {
			t.Fatal(err)
		}
	}
	link("1")
	synctest.Test(t, func(t *testing.T) {
		l := newLoop()
		var loads int
		l.Add("certificates", []string{filepath.Join(dir, "data", "cert.pem")}, func() error { loads++; return nil })
		start(t, l)
		link("2")
		rounds(2)
		if loads != 1 {
			t.Errorf("got %d loads, want 1", loads)
		}
	})
}

func TestNewFileIsAChange(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	synctest.Test(t, func(t *testing.T) {
		l, loads := newLoop(), 0
		l.Add("settings", []string{path}, func() error { loads++; return nil })
		start(t, l)
		rounds(2)
		write(t, path, "log: {level: debug}")
		rounds(2)
		write(t, path, "log: {level: error}")
		rounds(2)
		if loads != 2 {
			t.Errorf("got %d loads, want 2", loads)
		}
	})
}
