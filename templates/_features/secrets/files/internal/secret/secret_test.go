package secret_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"example.com/acme/sample-service/internal/secret"
)

const password = "correct-horse"

type exported struct {
	Password secret.Value
}

type unexported struct {
	password secret.Value
}

func TestSecretIsNeverPrinted(t *testing.T) {
	value := secret.New(password)
	outer := exported{Password: value}
	inner := unexported{password: value}

	printed := map[string]string{
		"String":   value.String(),
		"error":    fmt.Errorf("open: %w", errors.New(value.String())).Error(),
		"log json": logged(value, func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) }),
		"log text": logged(value, func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) }),
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10.3s", "%t"} {
		printed["value "+verb] = fmt.Sprintf(verb, value)
		printed["pointer "+verb] = fmt.Sprintf(verb, &value)
		printed["struct "+verb] = fmt.Sprintf(verb, outer)
		printed["unexported "+verb] = fmt.Sprintf(verb, inner)
		printed["list "+verb] = fmt.Sprintf(verb, []secret.Value{value})
	}
	for name, marshal := range map[string]func(any) ([]byte, error){
		"json": json.Marshal, "yaml": yaml.Marshal,
	} {
		text, err := marshal(outer)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		printed[name] = string(text)
	}

	hexadecimal := fmt.Sprintf("%x", password)
	for name, text := range printed {
		if strings.Contains(text, password) || strings.Contains(strings.ToLower(text), hexadecimal) {
			t.Errorf("%s shows the secret: %s", name, text)
		}
	}
}

func TestSecretOfAFileFollowsIt(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	write := func(content string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	value := secret.FromFile(file, []byte(password+"\n"))
	write("battery-staple\r\n")
	if got, err := value.Current(); got != "battery-staple" || err != nil {
		t.Errorf("got %q, %v, want what the file holds now", got, err)
	}
	if got := value.Reveal(); got != password {
		t.Errorf("got %q, want what was read", got)
	}
	write("\n")
	if got, err := value.Current(); err == nil {
		t.Errorf("empty file: got %q, want an error", got)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if got, err := value.Current(); err == nil {
		t.Errorf("no file: got %q, want an error", got)
	}
}

func logged(value secret.Value, handler func(*bytes.Buffer) slog.Handler) string {
	var b bytes.Buffer
	slog.New(handler(&b)).Info("opened",
		slog.Any("password", value), slog.Any("config", exported{Password: value}), slog.Any("pointer", &value))
	return b.String()
}
