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
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-signals
		// From here on, a signal has its default action: it ends the process.
		signal.Stop(signals)
		if len(signals) > 0 { // a second signal came before Stop
			os.Exit(exitFailed)
		}
		cancel()
	}()
	os.Exit(run(ctx, os.Args[1:], config.System(), os.Stdout, os.Stderr))
}
