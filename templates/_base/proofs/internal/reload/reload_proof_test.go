package reload

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
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
