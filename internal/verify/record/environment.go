package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/acton-go/acton-new/internal/verify/record/modcache"
)

// goEnv holds the variables of the go command that affect the recorded versions and hashes.
type goEnv struct {
	GOMOD, GOWORK, GOFLAGS                    string
	GOSUMDB, GONOSUMDB, GOPRIVATE, GOINSECURE string
}

// environment returns the environment of the go command. It returns an error if the go command would not use the
// checksum database: the recorded hashes end up in every project, whose go command does not verify them again.
func environment(ctx context.Context) (goEnv, error) {
	out, err := modcache.Go{}.Run(ctx, ".", "env", "-json")
	if err != nil {
		return goEnv{}, err
	}
	var env goEnv
	if err := json.Unmarshal(out, &env); err != nil {
		return goEnv{}, fmt.Errorf("go env: %w", err)
	}
	return env, env.check()
}

func (e goEnv) check() error {
	const unverified = "the checksum database must verify every recorded hash"
	database, _, _ := strings.Cut(e.GOSUMDB, " ")
	switch {
	case e.GOMOD == "" || e.GOMOD == os.DevNull:
		return errors.New("not in a module; run it in this repository")
	case database != "sum.golang.org":
		return fmt.Errorf("GOSUMDB=%s: %s; unset it", e.GOSUMDB, unverified)
	case e.GONOSUMDB != "":
		return fmt.Errorf("GONOSUMDB=%s: %s; unset it", e.GONOSUMDB, unverified)
	case e.GOPRIVATE != "":
		return fmt.Errorf("GOPRIVATE=%s: %s; unset it", e.GOPRIVATE, unverified)
	case e.GOINSECURE != "":
		return fmt.Errorf("GOINSECURE=%s: %s; unset it", e.GOINSECURE, unverified)
	case e.GOWORK != "" && e.GOWORK != "off":
		return fmt.Errorf("GOWORK=%s: the workspace would change the versions; set GOWORK=off", e.GOWORK)
	}
	for flag := range strings.FieldsSeq(e.GOFLAGS) {
		name, _, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		switch name {
		case "insecure", "modfile", "overlay", "mod":
			return fmt.Errorf("GOFLAGS=%s: %s would change the versions or disable their verification; unset it", e.GOFLAGS, flag)
		}
	}
	return nil
}
