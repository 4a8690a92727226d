package reload

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

func TestFailedLoadIsTriedAgainInEveryRound(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, cert, "old")
	write(t, key, "old")
	synctest.Test(t, func(t *testing.T) {
		l := newLoop()
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
	})
}

func TestLoopThatHangsIsNotAlive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.yaml")
	write(t, path, "one")
	synctest.Test(t, func(t *testing.T) {
		l := newLoop()
		release := make(chan struct{})
		l.Add("settings", []string{path}, func() error { <-release; return nil })
		start(t, l)

		rounds(20)
		if err := l.Alive(t.Context()); err != nil {
			t.Errorf("got %v from a loop that runs, want nil", err)
		}
		write(t, path, "two")
		time.Sleep(maxSilence + 2*interval)
		synctest.Wait()
		if err := l.Alive(t.Context()); err == nil {
			t.Error("got nil from a loop that hangs, want an error")
		}
		close(release)
		rounds(2)
		if err := l.Alive(t.Context()); err != nil {
			t.Errorf("got %v after the loop came back, want nil", err)
		}
	})
}

func TestLoopThatWasEndedIsNoSignOfDeath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLoop()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := l.Run(ctx); err != nil {
			t.Errorf("run: got %v, want nil", err)
		}
		time.Sleep(time.Hour)
		if err := l.Alive(t.Context()); err != nil {
			t.Errorf("got %v, want nil", err)
		}
	})
}
