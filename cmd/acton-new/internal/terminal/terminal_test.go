package terminal

import "testing"

func TestDarkIsTheDefault(t *testing.T) {
	for value, want := range map[string]bool{
		"": true, "15;0": true, "0;15": false, "0;default;15": false, "0;7": false, "12;8": true, "default;default": true,
	} {
		if got := Dark(value); got != want {
			t.Errorf("Dark(%q): got %v, want %v", value, got, want)
		}
	}
}
