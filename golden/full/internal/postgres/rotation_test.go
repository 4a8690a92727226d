package postgres

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/acme/billing-api/internal/secret"
)

// The rules of production hold for the address at the start. A file that changes later must not get around them.
func TestNewAddressMustNotWeakenTheEncryption(t *testing.T) {
	path := filepath.Join(t.TempDir(), "url")
	write := func(address string) []byte {
		t.Helper()
		if err := os.WriteFile(path, []byte(address), 0o600); err != nil {
			t.Fatal(err)
		}
		return []byte(address)
	}
	server := address{key: "url", url: secret.FromFile(path, write("postgres://app@first.example.com/notes?sslmode=verify-full"))}
	config, err := server.parse()
	if err != nil {
		t.Fatal(err)
	}
	conn := config.ConnConfig
	read := (&Database{log: slog.New(slog.DiscardHandler)}).beforeConnect(server)
	for _, step := range []struct{ address, host string }{
		{"postgres://app@second.example.com/notes?sslmode=verify-full", "second.example.com"},
		{"postgres://app@third.example.com/notes?sslmode=disable", "second.example.com"},
		{"postgres://app@third.example.com/notes?sslmode=require", "second.example.com"},
		{"postgres://app@fourth.example.com/notes?sslmode=verify-full", "fourth.example.com"},
	} {
		write(step.address)
		if err := read(t.Context(), conn); err != nil {
			t.Fatal(err)
		}
		if conn.Host != step.host || conn.TLSConfig == nil || conn.TLSConfig.InsecureSkipVerify {
			t.Errorf("after %s: got host %s and TLS %v, want %s with verified TLS", step.address, conn.Host, conn.TLSConfig, step.host)
		}
	}
}
