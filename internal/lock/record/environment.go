package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/acton-go/acton-new/internal/lock/modcache"
)

// goEnv is what counts of the go command's environment.
type goEnv struct {
	GOMOD, GOWORK, GOFLAGS                    string
	GOSUMDB, GONOSUMDB, GOPRIVATE, GOINSECURE string
}

// environment returns it, unless the checksum database would not be asked: the hashes that are recorded here become those
// of every project, whose go command then asks nobody.
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
	const unverified = "no hash may be recorded that the checksum database does not confirm"
	database, _, _ := strings.Cut(e.GOSUMDB, " ")
	switch {
	case e.GOMOD == "" || e.GOMOD == os.DevNull:
		return errors.New("not in a module: run it in this repository")
	case database != "sum.golang.org":
		return fmt.Errorf("GOSUMDB=%s: %s: unset it", e.GOSUMDB, unverified)
	case e.GONOSUMDB != "":
		return fmt.Errorf("GONOSUMDB=%s: %s: unset it", e.GONOSUMDB, unverified)
	case e.GOPRIVATE != "":
		return fmt.Errorf("GOPRIVATE=%s: %s: unset it", e.GOPRIVATE, unverified)
	case e.GOINSECURE != "":
		return fmt.Errorf("GOINSECURE=%s: %s: unset it", e.GOINSECURE, unverified)
	case e.GOWORK != "" && e.GOWORK != "off":
		return fmt.Errorf("GOWORK=%s: versions would be those of the workspace: run it with GOWORK=off", e.GOWORK)
	}
	for flag := range strings.FieldsSeq(e.GOFLAGS) {
		name, _, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		switch name {
		case "insecure", "modfile", "overlay", "mod":
			return fmt.Errorf("GOFLAGS=%s: %s would make other versions count, or none be confirmed: unset it", e.GOFLAGS, flag)
		}
	}
	return nil
}
