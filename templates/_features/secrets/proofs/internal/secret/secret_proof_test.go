package secret_test

import (
	"fmt"
	"testing"

	"example.com/acme/sample-service/internal/secret"
)

func TestMaskTellsSetFromUnset(t *testing.T) {
	if got := fmt.Sprint(secret.New(password)); got != "[redacted]" {
		t.Errorf("set secret prints as %q, want [redacted]", got)
	}
	if got := fmt.Sprint(secret.New("")); got != "" {
		t.Errorf("unset secret prints as %q, want nothing", got)
	}
	if secret.New("").IsSet() || !secret.New(password).IsSet() {
		t.Error("IsSet is the same with and without a secret")
	}
}

func TestRevealReturnsTheSecret(t *testing.T) {
	if got := secret.New(password).Reveal(); got != password {
		t.Errorf("got %q, want %q", got, password)
	}
	if got := (secret.Value{}).Reveal(); got != "" {
		t.Errorf("zero value reveals %q, want nothing", got)
	}
}

func TestSecretWithoutAFileStays(t *testing.T) {
	if got, err := secret.New(password).Current(); got != password || err != nil {
		t.Errorf("got %q, %v, want the secret", got, err)
	}
}
