package problem

import "errors"

// ErrShuttingDown is the cause of request contexts that the shutdown cancels.
var ErrShuttingDown = errors.New("the service is shutting down")
