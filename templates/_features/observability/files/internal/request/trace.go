package request

// Names of the headers that tell a client the ids of the trace of its request.
const (
	HeaderTraceID = "X-Trace-Id"
	HeaderSpanID  = "X-Span-Id"
)
