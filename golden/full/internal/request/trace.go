package request

// Names of the headers that carry the ids of the trace, for people who compare
// them with a log. Programs continue a trace by the headers of the W3C.
const (
	HeaderTraceID = "X-Trace-Id"
	HeaderSpanID  = "X-Span-Id"
)
