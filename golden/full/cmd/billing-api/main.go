// Command billing-api serves the API and has the commands to operate it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/acme/billing-api/internal/config"
)

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		<-signals // a second signal ends the process at once
		os.Exit(exitFailed)
	}()
	os.Exit(run(ctx, os.Args[1:], config.System(), os.Stdout, os.Stderr))
}
