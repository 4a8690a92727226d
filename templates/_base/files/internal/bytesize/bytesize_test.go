package bytesize_test

import (
	"testing"

	"example.com/acme/sample-service/internal/bytesize"
)

func TestSizeIsReadAndWritten(t *testing.T) {
	for _, test := range []struct {
		text    string
		want    bytesize.Size
		written string
	}{
		{"0", 0, "0B"},
		{"1", 1, "1B"},
		{"1023B", 1023, "1023B"},
		{"1024", bytesize.KiB, "1KiB"},
		{"10MiB", 10 * bytesize.MiB, "10MiB"},
		{"10 MiB", 10 * bytesize.MiB, "10MiB"},
		{"1536KiB", 1536 * bytesize.KiB, "1536KiB"},
		{"2GiB", 2 * bytesize.GiB, "2GiB"},
	} {
		var got bytesize.Size
		if err := got.UnmarshalText([]byte(test.text)); err != nil {
			t.Errorf("%q: %v", test.text, err)
			continue
		}
		if got != test.want || got.String() != test.written {
			t.Errorf("%q is %d (%s), want %d (%s)", test.text, got, got, test.want, test.written)
		}
	}
}

func TestWhatIsNoSizeIsRefused(t *testing.T) {
	for _, text := range []string{"", "MiB", "-1", "1.5MiB", "10MB", "10 mib", "9223372036854775807KiB", "ten"} {
		var size bytesize.Size
		if err := size.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was read as %d", text, size)
		}
	}
}
