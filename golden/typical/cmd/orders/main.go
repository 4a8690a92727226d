// Command orders serves the API, and has the commands that operate it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"git.example.org/shop/orders/v2/internal/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	// Once stopping has begun, a second signal ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], config.System(), os.Stdout, os.Stderr))
}
