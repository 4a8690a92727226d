package bytesize

import "testing"

func TestSizesAreReadAndWritten(t *testing.T) {
	for text, want := range map[string]Size{
		"0B": 0, "1B": 1, "1023B": 1023, "1KiB": KiB, "10MiB": 10 * MiB, "1GiB": GiB, "1536KiB": 1536 * KiB,
	} {
		got, err := Parse(text)
		if err != nil || got != want {
			t.Errorf("got %d, %v for %s, want %d", got, err, text, want)
		}
		if got := want.String(); got != text {
			t.Errorf("got %s for %d, want %s", got, want, text)
		}
	}
	for text, want := range map[string]Size{"512": 512, "10 MiB": 10 * MiB, "1024KiB": MiB} {
		if got, err := Parse(text); err != nil || got != want {
			t.Errorf("got %d, %v for %s, want %d", got, err, text, want)
		}
	}
}

func TestWhatIsNoSizeIsRefused(t *testing.T) {
	for _, text := range []string{"", "MiB", "-1", "1.5MiB", "10MB", "10M", "10mib", "x", "1 0B", "9223372036854775808", "8589934592GiB"} {
		var s Size
		if err := s.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is read as %d", text, s)
		}
	}
}

func FuzzSizesSurviveTheirText(f *testing.F) {
	f.Add("10MiB")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			return
		}
		written, err := s.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := Parse(string(written)); err != nil || again != s {
			t.Errorf("got %d, %v for %s, want %d", again, err, written, s)
		}
	})
}
