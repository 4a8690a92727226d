package middleware

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

func TestDeadlineEndsTheContextWhetherSomebodyWaitsOrNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := time.Now().Add(time.Second)
		asked, release := withDeadline(t.Context(), at)
		defer release()
		waited, release := withDeadline(t.Context(), at)
		defer release()
		done := waited.Done()
		time.Sleep(time.Second - time.Nanosecond)
		if asked.Err() != nil || waited.Err() != nil {
			t.Errorf("before the deadline: %v and %v", asked.Err(), waited.Err())
		}
		time.Sleep(time.Nanosecond)
		<-done
		<-asked.Done()
		if !errors.Is(asked.Err(), context.DeadlineExceeded) || !errors.Is(waited.Err(), context.DeadlineExceeded) {
			t.Errorf("at the deadline: %v and %v", asked.Err(), waited.Err())
		}
	})
}

func TestDeadlineEndsWithItsRequest(t *testing.T) {
	gone := errors.New("the caller went away")
	parent, cancel := context.WithCancelCause(t.Context())
	asked, release := withDeadline(parent, time.Now().Add(time.Hour))
	defer release()
	waited, release := withDeadline(parent, time.Now().Add(time.Hour))
	defer release()
	done := waited.Done()
	cancel(gone)
	<-done
	for name, ctx := range map[string]context.Context{"asked": asked, "waited": waited} {
		if !errors.Is(ctx.Err(), context.Canceled) || !errors.Is(context.Cause(ctx), gone) {
			t.Errorf("%s: got %v because of %v", name, ctx.Err(), context.Cause(ctx))
		}
	}
}

func TestDeadlineThatIsReleasedEndsWhatStillWaits(t *testing.T) {
	never, releaseNever := withDeadline(t.Context(), time.Now().Add(time.Hour))
	waited, releaseWaited := withDeadline(t.Context(), time.Now().Add(time.Hour))
	derived, cancel := context.WithCancel(waited)
	defer cancel()
	releaseNever()
	releaseWaited()
	<-derived.Done()
	if err := never.Err(); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	<-never.Done()
	if err := never.Err(); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v once somebody waited", err)
	}
}

func TestTheReasonOfAnEndDoesNotChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := time.Now().Add(time.Second)
		parent, cancel := context.WithCancel(t.Context())
		released, release := withDeadline(t.Context(), at)
		release()
		first := released.Err()
		expired, release := withDeadline(parent, at)
		time.Sleep(time.Second)
		second := expired.Err()
		cancel()
		release()
		if !errors.Is(first, context.Canceled) || !errors.Is(released.Err(), context.Canceled) {
			t.Errorf("released before the deadline: got %v, then %v", first, released.Err())
		}
		if !errors.Is(second, context.DeadlineExceeded) || !errors.Is(expired.Err(), context.DeadlineExceeded) ||
			!errors.Is(context.Cause(expired), context.DeadlineExceeded) {
			t.Errorf("before its request was given up: got %v, then %v because of %v", second, expired.Err(), context.Cause(expired))
		}
	})
}

func TestDeadlineIsTheEarlierOfItsOwnAndItsRequests(t *testing.T) {
	soon, late := time.Now().Add(time.Hour), time.Now().Add(2*time.Hour)
	parent, cancel := context.WithDeadline(t.Context(), soon)
	defer cancel()
	for _, test := range []struct {
		parent   context.Context
		at, want time.Time
	}{{parent, late, soon}, {t.Context(), late, late}, {parent, soon.Add(-1), soon.Add(-1)}} {
		ctx, release := withDeadline(test.parent, test.at)
		defer release()
		if at, ok := ctx.Deadline(); at != test.want || !ok {
			t.Errorf("got %v, want %v", at, test.want)
		}
	}
}

// What a database or an HTTP client derives from the context must not cost a goroutine each.
func TestDeadlineIsDerivedFromWithoutGoroutines(t *testing.T) {
	const derived = 1000
	ctx, release := withDeadline(t.Context(), time.Now().Add(time.Hour))
	defer release()
	before := runtime.NumGoroutine()
	for range derived {
		_, cancel := context.WithCancel(ctx)
		defer cancel()
	}
	if grown := runtime.NumGoroutine() - before; grown >= derived/2 {
		t.Errorf("%d contexts made %d goroutines", derived, grown)
	}
}
