// Command sample-service serves the API and has the commands to operate it.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"example.com/acme/sample-service/internal/config"
)

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		<-signals
		_, _ = fmt.Fprintln(os.Stderr, "sample-service: second signal: exiting without waiting for open requests")
		os.Exit(exitFailed)
	}()
	os.Exit(run(ctx, os.Args[1:], config.System(), os.Stdout, os.Stderr))
}
