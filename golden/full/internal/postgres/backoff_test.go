package postgres

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestBackoffGrowsUntilAnAttemptSucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b backoff
		fail := pgx.TraceConnectEndData{Err: errors.New("refused")}
		attempts := 0
		for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(time.Millisecond) {
			if b.allow() != nil {
				continue
			}
			attempts++
			for range 5 { // concurrent attempts count once
				b.TraceConnectEnd(b.TraceConnectStart(t.Context(), pgx.TraceConnectStartData{}), fail)
			}
		}
		// The pauses grow to between 1s and 2s.
		if attempts < 30 || attempts > 70 {
			t.Errorf("got %d attempts in a minute, want about one in 1.5s", attempts)
		}
		time.Sleep(backoffMaximum)
		if err := b.allow(); err != nil {
			t.Fatalf("after the longest pause: got %v", err)
		}
		b.TraceConnectEnd(t.Context(), pgx.TraceConnectEndData{})
		b.succeeded()
		if err := b.allow(); err != nil {
			t.Errorf("after a success: got %v", err)
		}
		b.TraceConnectEnd(t.Context(), fail)
		time.Sleep(backoffMinimum)
		if err := b.allow(); err != nil {
			t.Errorf("after the first failure: got %v, want the shortest pause", err)
		}
	})
}

// Many callers fail at once when the server goes down. That is one failure, and instances must not return together.
func TestFailuresAtOnceBeginOnePause(t *testing.T) {
	pauses := map[time.Duration]bool{}
	for range 20 {
		synctest.Test(t, func(*testing.T) {
			var b backoff
			for range 10 {
				b.failed(errors.New("refused"))
			}
			pauses[time.Until(b.until)] = true
		})
	}
	for pause := range pauses {
		if pause > backoffMinimum {
			t.Errorf("got a pause of %s, want at most %s", pause, backoffMinimum)
		}
	}
	if len(pauses) == 1 {
		t.Error("all pauses are the same")
	}
}
